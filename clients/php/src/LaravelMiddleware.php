<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Closure;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Cookie;
use Symfony\Component\HttpFoundation\Response;

/** Sets the cookie of a new client where the session of the request was used. LaravelServiceProvider puts it in place. */
final class LaravelMiddleware
{
    public const ATTRIBUTE = 'sixpack';

    public function __construct(private readonly Repository $config)
    {
    }

    public function handle(Request $request, Closure $next): Response
    {
        $session = self::sessionOf($request, $this->config);
        $request->attributes->set(self::ATTRIBUTE, $session);
        $response = $next($request);
        $cookie = $session->cookieToSet();
        if ($cookie !== null) {
            $response->headers->setCookie(Cookie::fromString($cookie));
        }
        return $response;
    }

    /** @internal */
    public static function sessionOf(Request $request, Repository $config): Session
    {
        $url = (string) $config->get('services.sixpack.url');
        return SymfonySubscriber::sessionOf($url, $request, $config->get('services.sixpack.options', []));
    }
}
