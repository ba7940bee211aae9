from django.urls import path

from plaudit_site.demo import views

urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:number>", views.mail, name="mailbox_mail"),
    path("mailbox/<int:number>/html", views.mail_html, name="mailbox_mail_html"),
    path("demo/pages/<slug:name>", views.page, name="demo_page"),
]
