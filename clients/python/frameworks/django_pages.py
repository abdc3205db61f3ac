from django.http import HttpResponse
from django.urls import path


def home(request):
    return HttpResponse(request.sixpack.participate("button", ["red", "blue"]))


urlpatterns = [path("", home), path("other", lambda request: HttpResponse("other"))]
