<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\MiddlewareInterface;
use Psr\Http\Server\RequestHandlerInterface;

/**
 * For every PSR-15 application (Slim, Mezzio, …): the session of the request is its attribute "sixpack". Sets the cookie
 * of a new client where the session was used.
 */
final class Psr15Middleware implements MiddlewareInterface
{
    use PerRequest;

    public const ATTRIBUTE = 'sixpack';

    public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface
    {
        $server = [
            'HTTP_COOKIE' => $request->getHeaderLine('Cookie'),
            'QUERY_STRING' => $request->getUri()->getQuery(),
            'REMOTE_ADDR' => $request->getServerParams()['REMOTE_ADDR'] ?? null,
            'HTTP_USER_AGENT' => $request->getHeaderLine('User-Agent'),
        ];
        $make = fn (array $options): Session => Session::fromServer($this->baseUrl, $server, ...$options);
        $session = $this->sessionFor($request, $make);
        $response = $handler->handle($request->withAttribute(self::ATTRIBUTE, $session));
        $cookie = $session->cookieToSet();
        return $cookie === null ? $response : $response->withAddedHeader('Set-Cookie', $cookie);
    }
}
