<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Closure;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Http\Request;
use Psr\Log\LoggerInterface;
use Symfony\Component\HttpFoundation\Cookie;
use Symfony\Component\HttpFoundation\Response;

/** Sets the cookie of a new client where the session of the request was used. LaravelServiceProvider puts it in place. */
final class LaravelMiddleware
{
    public const ATTRIBUTE = 'sixpack';

    public function __construct(private readonly Repository $config, private readonly LoggerInterface $log)
    {
    }

    public function handle(Request $request, Closure $next): Response
    {
        $session = self::sessionOf($request, $this->config, $this->log);
        $request->attributes->set(self::ATTRIBUTE, $session);
        $response = $next($request);
        $cookie = $session->cookieToSet();
        if ($cookie !== null) {
            $response->headers->setCookie(Cookie::fromString($cookie));
        }
        return $response;
    }

    /**
     * Failures go to Laravel's log: a closure among the options could not be cached by `config:cache`.
     *
     * @internal
     */
    public static function sessionOf(Request $request, Repository $config, LoggerInterface $log): Session
    {
        $url = (string) $config->get('services.sixpack.url');
        $options = $config->get('services.sixpack.options', []);
        $options += ['onFailure' => static fn (Failure $failure) => $failure->tell(rtrim($url, '/'), $log->warning(...))];
        return SymfonySubscriber::sessionOf($url, $request, $options);
    }
}
