"""The pages that partners see."""

from django.urls import path

from uploads import views

urlpatterns = [
    path("", views.home, name="home"),
    path("upload/", views.upload, name="upload"),
]
