from django.urls import path

from . import views

app_name = "handbook"
urlpatterns = [
    path("", views.versions, name="list"),
    path("so-sanh/", views.comparison, name="comparison"),
    path("xem-truoc/<int:page_id>/", views.preview, name="preview"),
    path("<str:set_code>/", views.current, name="set"),
    path("<str:set_code>/phien-ban/", views.history, name="history"),
    path("<str:set_code>/<int:number>/", views.version, name="version"),
]
