<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Closure;
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
    public const ATTRIBUTE = 'sixpack';

    /**
     * @param array<string, mixed> $options settings of Session, by name
     * @param (Closure(ServerRequestInterface): array<string, mixed>)|null $perRequest settings that depend on the request
     */
    public function __construct(
        private readonly string $baseUrl,
        private readonly array $options = [],
        private readonly ?Closure $perRequest = null,
    ) {
        // A mistake in the settings shows at the start.
        new Session($baseUrl, ...$options);
    }

    public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface
    {
        $options = [...$this->options, ...($this->perRequest ? ($this->perRequest)($request) : [])];
        $session = Session::fromServer($this->baseUrl, [
            'HTTP_COOKIE' => $request->getHeaderLine('Cookie'),
            'QUERY_STRING' => $request->getUri()->getQuery(),
            'REMOTE_ADDR' => $request->getServerParams()['REMOTE_ADDR'] ?? null,
            'HTTP_USER_AGENT' => $request->getHeaderLine('User-Agent'),
        ], ...$options);
        $response = $handler->handle($request->withAttribute(self::ATTRIBUTE, $session));
        $cookie = $session->cookieToSet();
        return $cookie === null ? $response : $response->withAddedHeader('Set-Cookie', $cookie);
    }
}
