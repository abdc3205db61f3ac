<?php

/** Conversions that are given away: each is sent or reported, through outages and the end of the process. */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use Sixpack\Client\ConversionQueue;
use Sixpack\Client\Failure;
use Sixpack\Client\Session;

function runPhp(string $code): string
{
    $autoload = var_export(__DIR__ . '/../autoload.php', true);
    return (string) shell_exec(escapeshellarg(PHP_BINARY) . ' -r ' . escapeshellarg("require $autoload; use Sixpack\\Client\\{ConversionQueue, Session}; $code"));
}

return static fn (Server $misbehaving, Server $real): array => [
    'delivers every conversion once after an outage' => static function (): void {
        $folder = sys_get_temp_dir() . '/sixpack-queue-' . bin2hex(random_bytes(6));
        $server = new Server('--import', 'tsx', 'conformance/real-server.ts', '0', $folder);
        $failures = [];
        $onFailure = static function (Failure $failure) use (&$failures): void {
            $failures[] = $failure->message;
        };
        $sessions = array_map(
            static fn (int $number): Session => new Session($server->url, "buyer-$number", timeoutMs: 60000, onFailure: $onFailure),
            range(1, 50),
        );
        foreach ($sessions as $session) {
            $session->participate('outage', ['a', 'b']);
        }
        $port = $server->port;
        $server->stop();
        $queue = new ConversionQueue();
        foreach ($sessions as $session) {
            $queue->convert($session, 'outage');
        }
        same(false, $queue->flush(200));
        same(50, count($queue));
        $server = new Server('--import', 'tsx', 'conformance/real-server.ts', (string) $port, $folder);
        same(true, $queue->flush(60_000));
        same(50, $server->json('/experiments/outage')['total_conversions']);
        same([], $failures);
        $server->stop();
        shell_exec('rm -r ' . escapeshellarg($folder));
    },
    'reports what the server refuses and goes on' => static function () use ($misbehaving): void {
        $codes = [];
        $onFailure = static function (Failure $failure) use (&$codes): void {
            $codes[] = $failure->code->value;
        };
        $queue = new ConversionQueue();
        $queue->convert(new Session("$misbehaving->url/rejecting/q", timeoutMs: 60000, onFailure: $onFailure), 'button');
        $queue->convert(new Session("$misbehaving->url/fine/q", timeoutMs: 60000, onFailure: $onFailure), 'button', 'purchase', 5);
        same(true, $queue->flush(60_000));
        same(['rejected'], $codes);
        same(2, count($misbehaving->json('/requests/q')));
    },
    'keeps what came at a time of too many calls' => static function () use ($misbehaving): void {
        $queue = new ConversionQueue(0);
        $queue->convert(new Session("$misbehaving->url/too-many/q2", timeoutMs: 60000), 'button');
        same(false, $queue->flush(100));
        same(1, count($queue));
    },
    'reports the oldest when too many wait' => static function (): void {
        $failures = 0;
        $onFailure = static function () use (&$failures): void {
            $failures++;
        };
        $session = new Session(NOBODY, onFailure: $onFailure);
        $queue = new ConversionQueue(0);
        for ($number = 0; $number < ConversionQueue::CONVERSIONS_MAX + 3; $number++) {
            $queue->convert($session, 'button');
        }
        same([ConversionQueue::CONVERSIONS_MAX, 3], [count($queue), $failures]);
    },
    'waits for the server at the end of the process' => static function () use ($misbehaving): void {
        runPhp("\$queue = new ConversionQueue(60000); for (\$i = 0; \$i < 20; \$i++) \$queue->convert(new Session('$misbehaving->url/fine/exit', timeoutMs: 60000), 'button');");
        same(20, count($misbehaving->json('/requests/exit')));
    },
    'reports what is left at the end of the process' => static function (): void {
        $printed = runPhp('(new ConversionQueue(100))->convert(new Session("' . NOBODY . '", onFailure: fn ($failure) => print($failure->message)), "button");');
        same('Expected the server before the process ended', $printed);
    },
];
