<?php

/** What the shared cases can't say: the parts that are PHP's own. */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use InvalidArgumentException;
use RuntimeException;
use Sixpack\Client\Session;

return static fn (Server $misbehaving, Server $real): array => [
    'runs the first example of the README' => static function () use ($real): void {
        preg_match('/```php\n(.*?)```/s', (string) file_get_contents(__DIR__ . '/../README.md'), $found);
        $code = str_replace(["'http://localhost:5000'", "require 'clients/php/autoload.php';"], ["'$real->url', timeoutMs: 60000", ''], $found[1]);
        $color = null;
        eval($code);
        holds(in_array($color, ['red', 'blue'], true), 'red or blue');
        same(1, $real->json('/experiments/button')['total_participants']);
    },
    'takes cookie, query, address and user agent from the request at hand' => static function () use ($misbehaving): void {
        $_SERVER['HTTP_COOKIE'] = 'sixpack_client_id=shop-42';
        $_SERVER['QUERY_STRING'] = 'sixpack-force-other=b';
        $_SERVER['REMOTE_ADDR'] = '203.0.113.7';
        $_SERVER['HTTP_USER_AGENT'] = 'Mozilla/5.0';
        $session = Session::fromGlobals("$misbehaving->url/fine/globals", timeoutMs: 60000);
        same('b', $session->participate('other', ['a', 'b']));
        same('blue', $session->participate('button', ['red', 'blue']));
        ['arguments' => $arguments] = $misbehaving->json('/requests/globals')[0];
        same(['shop-42'], $arguments['client_id']);
        same(['203.0.113.7'], $arguments['ip_address']);
        same(['Mozilla/5.0'], $arguments['user_agent']);
    },
    'offers a cookie that gives the next session the same client' => static function () use ($real): void {
        $session = new Session($real->url);
        same(1, preg_match('/\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\z/', $session->clientId));
        same("sixpack_client_id=$session->clientId; Path=/; Max-Age=34560000; SameSite=Lax", $session->setCookie());
        same($session->clientId, (new Session($real->url, cookie: explode(';', $session->setCookie())[0]))->clientId);
    },
    'returns the control when the hook throws' => static function () use ($misbehaving): void {
        $hook = static fn () => throw new RuntimeException('its own trouble');
        $session = new Session("$misbehaving->url/error-500/hook", timeoutMs: 60000, onFailure: $hook);
        same('red', $session->participate('button', ['red', 'blue']));
    },
    'throws for a base URL that is none' => static function (): void {
        foreach (['', 'example.com', 'ftp://example.com', 'http://', 'http://example.com/?a=b', 'http://a/#b'] as $url) {
            throws(InvalidArgumentException::class, static fn () => new Session($url));
        }
    },
    'throws for a client id that is none' => static function () use ($real): void {
        foreach (['', "a\0b", "\xff", str_repeat('x', 1025), str_repeat('😀', 513)] as $id) {
            throws(InvalidArgumentException::class, static fn () => new Session($real->url, $id));
        }
        same(1024, strlen((new Session($real->url, str_repeat('x', 1024)))->clientId));
    },
];
