"""The upload calls, included at /api/v1/uploads/."""

from django.urls import path

from uploads import api, parts_api, selections_api

urlpatterns = [
    path("survey/", selections_api.SurveyView.as_view(), name="upload-survey"),
    path("verify/", selections_api.VerifyView.as_view(), name="upload-verify"),
    path("failures/", selections_api.ClientFailuresView.as_view(), name="upload-client-failures"),
    path("sessions/", api.SessionsView.as_view(), name="upload-sessions"),
    path("sessions/<int:session_id>/", api.SessionView.as_view(), name="upload-session"),
    path("sessions/<int:session_id>/check/", api.CheckView.as_view(), name="upload-check"),
    path("sessions/<int:session_id>/presign/", api.PresignView.as_view(), name="upload-presign"),
    path("sessions/<int:session_id>/parts/", parts_api.PartsView.as_view(), name="upload-parts"),
    path("sessions/<int:session_id>/complete/", parts_api.CompleteView.as_view(), name="upload-complete"),
    path("sessions/<int:session_id>/confirm/", api.ConfirmView.as_view(), name="upload-confirm"),
    path("sessions/<int:session_id>/failures/", api.FailuresView.as_view(), name="upload-failures"),
    path("sessions/<int:session_id>/finish/", api.FinishView.as_view(), name="upload-finish"),
    path("sessions/<int:session_id>/receipt/", api.ReceiptView.as_view(), name="upload-receipt"),
    path("log/", api.LogView.as_view(), name="upload-log"),
]
