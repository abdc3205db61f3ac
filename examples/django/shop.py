"""A project of Django in one file: `python3 shop.py runserver 3000`."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["localhost"],
    MIDDLEWARE=["sixpack_ab.django.SixpackMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for this example",
    SIXPACK={"base_url": os.environ.get("SIXPACK_URL", "http://localhost:5000")},
)


def home(request):
    color = request.sixpack.participate("django-button", ["red", "blue"])
    return HttpResponse(f'<form method="post" action="/buy"><button style="color: {color}">Buy in {color}</button></form>')


def buy(request):
    request.sixpack.convert("django-button")
    return HttpResponse("Thank you")


urlpatterns = [path("", home), path("buy", buy)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
