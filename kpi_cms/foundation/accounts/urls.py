from django.contrib.auth.views import LogoutView
from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("dang-nhap/", views.SignInView.as_view(), name="sign_in"),
    path("dang-nhap/trinh-dien/", views.demonstration_sign_in, name="demonstration_sign_in"),
    path("dang-xuat/", LogoutView.as_view(), name="sign_out"),
    path("mat-khau/", views.change_password, name="change_password"),
]
