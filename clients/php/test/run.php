<?php

/** Runs every test: `php test/run.php`. A line per test, `ok name` or `failed name: why`; exits 1 when one failed. */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use RuntimeException;
use Throwable;

require __DIR__ . '/../autoload.php';
require __DIR__ . '/Server.php';

set_error_handler(static function (int $level, string $message): never {
    throw new RuntimeException($message);
});

function same(mixed $expected, mixed $got, string $what = 'a value'): void
{
    if ($expected !== $got) {
        throw new RuntimeException("Expected $what as " . json_encode($expected) . ', got ' . json_encode($got));
    }
}

function holds(bool $condition, string $expected): void
{
    if (!$condition) {
        throw new RuntimeException("Expected $expected");
    }
}

/** @return string its message */
function throws(string $class, callable $work): string
{
    try {
        $work();
    } catch (Throwable $thrown) {
        same($class, $thrown::class, 'an error');
        return $thrown->getMessage();
    }
    throw new RuntimeException("Expected $class, got nothing");
}

$misbehaving = new Server('conformance/misbehaving-server.mjs');
$real = new Server('--import', 'tsx', 'conformance/real-server.ts');

/** @var array<string, callable(): void> $tests */
$tests = [
    ...(require __DIR__ . '/conformance.php')($misbehaving, $real),
    ...(require __DIR__ . '/session.php')($misbehaving, $real),
    ...(require __DIR__ . '/queue.php')($misbehaving, $real),
    ...(require __DIR__ . '/fork.php')($real),
];
$failed = 0;
foreach ($tests as $name => $test) {
    try {
        $test();
        echo "ok $name\n";
    } catch (Throwable $thrown) {
        $failed++;
        echo "failed $name: {$thrown->getMessage()} ({$thrown->getFile()}:{$thrown->getLine()})\n";
    }
}
echo count($tests) - $failed, " passed, $failed failed\n";
exit($failed === 0 ? 0 : 1);
