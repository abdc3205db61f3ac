<?php

/** What the shared cases can't say: the parts that are PHP's own. */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use InvalidArgumentException;
use RuntimeException;
use Sixpack\Client\ConversionQueue;
use Sixpack\Client\Failure;
use Sixpack\Client\Session;

return static fn (Server $misbehaving, Server $real): array => [
    'runs the examples of the README' => static function () use ($real): void {
        [$programs] = explode('## In a web application', (string) file_get_contents(__DIR__ . '/../README.md'));
        preg_match_all('/```php\n(.*?)```/s', $programs, $found);
        $code = str_replace("'http://localhost:5000'", "'$real->url', timeoutMs: 60000", implode("\n", $found[1]));
        $code = str_replace('flush(5000)', 'flush(60000)', $code);
        $color = $shown = $queue = null;
        eval(str_replace("require 'clients/php/autoload.php';", '', $code));
        holds(in_array($color, ['red', 'blue'], true), 'red or blue');
        same(['button', 'headline'], array_keys($shown));
        same(0, count($queue));
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
    'writes each kind of failure to the log of PHP once a minute unless given a hook' => static function () use ($misbehaving): void {
        $log = (string) tempnam(sys_get_temp_dir(), 'sixpack');
        $before = ini_set('error_log', $log);
        try {
            for ($times = 0; $times < 3; $times++) {
                (new Session("$misbehaving->url/error-500/said", timeoutMs: 60000))->participate('button', ['red', 'blue']);
            }
            (new Session("$misbehaving->url/nowhere/said/", timeoutMs: 60000))->convert(null);
            $lines = preg_replace('/^\[.+?\] /', '', (array) file($log, FILE_IGNORE_NEW_LINES));
        } finally {
            ini_set('error_log', (string) $before);
            unlink($log);
        }
        same("sixpack: participate of button at $misbehaving->url/error-500/said: server-error, internal error", $lines[0]);
        $began = preg_quote("sixpack: convert of every experiment at $misbehaving->url/nowhere/said: rejected, ", '~');
        same(1, preg_match("~^$began.+\\. Does Sixpack's API answer there\\?$~", $lines[1]));
        same(2, count($lines));
    },
    'throws for a client id that is none' => static function () use ($real): void {
        foreach (['', "a\0b", "\xff", str_repeat('x', 1025), str_repeat('😀', 513)] as $id) {
            throws(InvalidArgumentException::class, static fn () => new Session($real->url, $id));
        }
        same(1024, strlen((new Session($real->url, str_repeat('x', 1024)))->clientId));
    },
    'asks for several experiments in one request' => static function () use ($misbehaving): void {
        $session = new Session("$misbehaving->url/batching/all", 'c', query: 'sixpack-force-hero=a', timeoutMs: 60000);
        $answers = $session->participateAll(['button' => ['red', 'blue'], 'hero' => ['a', 'b'], '2024' => ['x', 'y']]);
        same(['button' => 'blue', 'hero' => 'a', '2024' => 'y'], $answers);
        $seen = $misbehaving->json('/requests/all');
        same(1, count($seen));
        same(['calls' => [
            ['participate' => ['experiment' => 'button', 'alternatives' => ['red', 'blue'], 'client_id' => 'c']],
            ['participate' => ['experiment' => '2024', 'alternatives' => ['x', 'y'], 'client_id' => 'c']],
        ]], $seen[0]['body']);
    },
    'asks one by one where there are no batches and remembers that' => static function () use ($misbehaving): void {
        $session = new Session("$misbehaving->url/fine/single", 'c', timeoutMs: 60000);
        for ($tries = 0; $tries < 2; $tries++) {
            same(['a' => '2', 'b' => '4'], $session->participateAll(['a' => ['1', '2'], 'b' => ['3', '4']]));
        }
        same(['/batch', ...array_fill(0, 4, '/participate')], array_column($misbehaving->json('/requests/single'), 'path'));
    },
    'makes a batch no single calls because there were too many calls' => static function () use ($misbehaving): void {
        $codes = [];
        $onFailure = static function (Failure $failure) use (&$codes): void {
            $codes[] = "{$failure->code->value} $failure->experiment";
        };
        $session = new Session("$misbehaving->url/too-many/429", 'c', timeoutMs: 60000, onFailure: $onFailure);
        for ($tries = 0; $tries < 2; $tries++) {
            same(['a' => '1', 'b' => '3'], $session->participateAll(['a' => ['1', '2'], 'b' => ['3', '4']]));
        }
        same(['rejected a', 'rejected b', 'rejected a', 'rejected b'], $codes);
        same(['/batch', '/batch'], array_column($misbehaving->json('/requests/429'), 'path'));
    },
    'asks for more experiments than a batch takes' => static function () use ($real): void {
        $failures = 0;
        $onFailure = static function () use (&$failures): void {
            $failures++;
        };
        $session = new Session($real->url, 'c', userAgent: str_repeat('Mozilla ', 60), timeoutMs: 60000, onFailure: $onFailure);
        $names = array_map(static fn (int $number): string => "many-$number", range(0, 249));
        same([250, 0], [count($session->participateAll(array_fill_keys($names, ['a', 'b']))), $failures]);
        same(1, $real->json('/experiments/many-249')['total_participants']);
    },
    'believes no answer to somebody else' => static function () use ($misbehaving): void {
        foreach (['other-client', 'other-experiment'] as $behaviour) {
            $codes = [];
            $onFailure = static function (Failure $failure) use (&$codes): void {
                $codes[] = $failure->code->value;
            };
            $session = new Session("$misbehaving->url/$behaviour/own", timeoutMs: 60000, retries: 0, onFailure: $onFailure);
            same('red', $session->participate('button', ['red', 'blue']));
            same(['a' => '1', 'b' => '3'], $session->participateAll(['a' => ['1', '2'], 'b' => ['3', '4']]));
            same(false, $session->convert('button'));
            same(array_fill(0, 4, 'bad-answer'), $codes);
        }
    },
    'goes on when a kept connection is closed under the request' => static function () use ($misbehaving): void {
        $session = new Session("$misbehaving->url/closing/under", timeoutMs: 60000);
        for ($tries = 0; $tries < 4; $tries++) {
            same('blue', $session->participate('button', ['red', 'blue']));
        }
    },
    'waits once for a server that is silent' => static function () use ($misbehaving): void {
        $codes = [];
        $onFailure = static function (Failure $failure) use (&$codes): void {
            $codes[] = $failure->code->value;
        };
        $session = new Session("$misbehaving->url/silent/once", timeoutMs: 200, onFailure: $onFailure);
        for ($number = 0; $number < 5; $number++) {
            same('red', $session->participate("page-$number", ['red', 'blue']));
        }
        same(['timeout', ...array_fill(0, 4, 'unreachable')], $codes);
        same(1, count($misbehaving->json('/requests/once')));
    },
    'sends agents that are no text' => static function () use ($misbehaving): void {
        $session = new Session("$misbehaving->url/fine/agent", ipAddress: "\xff::1", userAgent: "caf\xe9 \0é", timeoutMs: 60000);
        same('blue', $session->participate('button', ['red', 'blue']));
        ['arguments' => $arguments] = $misbehaving->json('/requests/agent')[0];
        same(["caf\u{fffd} é"], $arguments['user_agent']);
        same(["\u{fffd}::1"], $arguments['ip_address']);
    },
    'keeps no cookie without consent and spans hosts where told to' => static function () use ($real): void {
        $cookie = 'sixpack_client_id=shop-42';
        $none = new Session($real->url, cookie: $cookie, storage: 'none');
        holds($none->clientId !== 'shop-42', 'a client of its own');
        same(null, $none->cookieToSet());
        $shop = new Session($real->url, cookieDomain: 'example.com');
        same(null, $shop->cookieToSet(), 'a cookie of a session that nobody asked for anything');
        holds(str_contains("{$shop->clientId} {$shop->cookieToSet()}", "=$shop->clientId;"), 'the id in the cookie');
        holds(str_ends_with($shop->setCookie(), '; Domain=example.com'), 'the domain in the cookie');
        foreach ([['cookie' => $cookie], ['clientId' => 'shop-42']] as $options) {
            $session = new Session($real->url, ...$options);
            same(['shop-42', null], [$session->clientId, $session->cookieToSet()]);
        }
        $given = new Session($real->url, 'user-1', cookie: $cookie, storage: 'cookie');
        holds(str_contains("{$given->clientId} {$given->cookieToSet()}", '=user-1;'), 'the id that was given in the cookie');
    },
    'sends no conversion of an alternative that was forced' => static function () use ($misbehaving): void {
        $session = new Session("$misbehaving->url/fine/forced", query: 'sixpack-force-button=blue', timeoutMs: 60000);
        same('blue', $session->participate('button', ['red', 'blue']));
        same(false, $session->convert('button'));
        $queue = new ConversionQueue();
        $queue->convert($session, 'button');
        same(0, count($queue));
        same(true, $session->convert('other'));
        same(1, count($misbehaving->json('/requests/forced')));
    },
    'keeps no more of an answer than one can be' => static function () use ($misbehaving): void {
        $codes = [];
        $onFailure = static function (Failure $failure) use (&$codes): void {
            $codes[] = $failure->code->value;
        };
        $session = new Session("$misbehaving->url/flooding/kept", timeoutMs: 10_000, onFailure: $onFailure);
        same('red', $session->participate('button', ['red', 'blue']));
        same(['bad-answer'], $codes);
    },
    'takes no cookie and no query for null' => static function () use ($misbehaving): void {
        $session = new Session("$misbehaving->url/fine/none", cookie: null, query: null, timeoutMs: 60000);
        holds($session->clientId !== '', 'a new client');
        same('blue', $session->participate('button', ['red', 'blue']));
    },
    'says which number is none' => static function () use ($real): void {
        $message = '';
        try {
            (new Session($real->url))->participate('button', ['red', 'blue'], weights: [1, INF]);
        } catch (InvalidArgumentException $thrown) {
            $message = $thrown->getMessage();
        }
        same('Expected a weight per alternative, none negative, got [1,INF]', $message);
    },
    'throws for settings that are none' => static function () use ($real): void {
        foreach ([['retries' => -1], ['timeoutMs' => 0], ['timeoutMs' => 86_400_001], ['storage' => 'disk'], ['cookieDomain' => 'a;b'], ['apiKey' => ''], ['segments' => ['two words' => 'a']], ['apiKey' => "a\r\nX: 1"]] as $options) {
            throws(InvalidArgumentException::class, static fn () => new Session($real->url, ...$options));
        }
    },
];
