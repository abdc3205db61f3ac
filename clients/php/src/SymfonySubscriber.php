<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Symfony\Component\EventDispatcher\EventSubscriberInterface;
use Symfony\Component\HttpFoundation\Cookie;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpKernel\Event\RequestEvent;
use Symfony\Component\HttpKernel\Event\ResponseEvent;
use Symfony\Component\HttpKernel\KernelEvents;

/**
 * For Symfony: the session of the request is its attribute "sixpack", which a controller gets as its argument $sixpack.
 * Sets the cookie of a new client where the session was used.
 */
final class SymfonySubscriber implements EventSubscriberInterface
{
    use PerRequest;

    public const ATTRIBUTE = 'sixpack';

    public static function getSubscribedEvents(): array
    {
        return [KernelEvents::REQUEST => ['begin', 64], KernelEvents::RESPONSE => 'finish'];
    }

    public function begin(RequestEvent $event): void
    {
        $request = $event->getRequest();
        $make = fn (array $options): Session => self::sessionOf($this->baseUrl, $request, $options);
        $request->attributes->set(self::ATTRIBUTE, $this->sessionFor($request, $make));
    }

    public function finish(ResponseEvent $event): void
    {
        $session = $event->getRequest()->attributes->get(self::ATTRIBUTE);
        $cookie = $session instanceof Session ? $session->cookieToSet() : null;
        if ($cookie !== null) {
            $event->getResponse()->headers->setCookie(Cookie::fromString($cookie));
        }
    }

    /**
     * @internal
     * @param array<string, mixed> $options
     */
    public static function sessionOf(string $baseUrl, Request $request, array $options): Session
    {
        return Session::fromServer($baseUrl, [
            'HTTP_COOKIE' => (string) $request->headers->get('Cookie'),
            'QUERY_STRING' => (string) $request->server->get('QUERY_STRING'),
            'REMOTE_ADDR' => $request->server->get('REMOTE_ADDR'),
            'HTTP_USER_AGENT' => $request->headers->get('User-Agent'),
        ], ...$options);
    }
}
