from django.http import HttpResponse
from django.urls import path


async def home(request):
    return HttpResponse(await request.sixpack.participate("button", ["red", "blue"]))


async def other(request):
    return HttpResponse("other")


urlpatterns = [path("", home), path("other", other)]
