"""The upload calls, included at /api/v1/uploads/."""

from django.urls import path

from uploads.api import ledger, parts, selections, sessions

urlpatterns = [
    path("survey/", selections.SurveyView.as_view(), name="upload-survey"),
    path("verify/", selections.VerifyView.as_view(), name="upload-verify"),
    path("failures/", selections.ClientFailuresView.as_view(), name="upload-client-failures"),
    path("sessions/", sessions.SessionsView.as_view(), name="upload-sessions"),
    path("sessions/<int:session_id>/", sessions.SessionView.as_view(), name="upload-session"),
    path("sessions/<int:session_id>/check/", sessions.CheckView.as_view(), name="upload-check"),
    path("sessions/<int:session_id>/presign/", sessions.PresignView.as_view(), name="upload-presign"),
    path("sessions/<int:session_id>/parts/", parts.PartsView.as_view(), name="upload-parts"),
    path("sessions/<int:session_id>/complete/", parts.CompleteView.as_view(), name="upload-complete"),
    path("sessions/<int:session_id>/confirm/", sessions.ConfirmView.as_view(), name="upload-confirm"),
    path("sessions/<int:session_id>/failures/", sessions.FailuresView.as_view(), name="upload-failures"),
    path("sessions/<int:session_id>/finish/", sessions.FinishView.as_view(), name="upload-finish"),
    path("sessions/<int:session_id>/receipt/", sessions.ReceiptView.as_view(), name="upload-receipt"),
    path("log/", ledger.LogView.as_view(), name="upload-log"),
]
