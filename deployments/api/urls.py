"""Stands at /api/v1/."""

from rest_framework.routers import SimpleRouter

from deployments.api.deployments import BucketViewSet, DeploymentViewSet, HardwareViewSet

router = SimpleRouter()
router.register("deployments", DeploymentViewSet, basename="deployment")
router.register("buckets", BucketViewSet, basename="bucket")
router.register("hardware", HardwareViewSet, basename="hardware")

urlpatterns = router.urls
