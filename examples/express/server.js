import { Session } from "@sixpack/client";
import express from "express";

const app = express();

app.use((request, response, next) => {
  request.sixpack = new Session(process.env.SIXPACK_URL ?? "http://localhost:5000", {
    cookie: request.headers.cookie,
    query: request.url.split("?")[1],
    ipAddress: request.ip,
    userAgent: request.get("user-agent"),
  });
  response.set("Set-Cookie", request.sixpack.setCookie);
  next();
});

app.get("/", async (request, response) => {
  const color = await request.sixpack.participate("express-button", ["red", "blue"]);
  response.send(`<form method="post" action="/buy"><button style="color: ${color}">Buy in ${color}</button></form>`);
});

app.post("/buy", async (request, response) => {
  await request.sixpack.convert("express-button");
  response.send("Thank you");
});

app.listen(process.env.PORT ?? 3000);
