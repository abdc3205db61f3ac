<?php

/** A process that forks, as workers of queues do: each side has connections and answers of its own. */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use Sixpack\Client\Session;

const CLIENTS = 1_000;
const PROCESSES = 4;

/** @param list<string> $clients how many of them met a failure, or an alternative that is not theirs */
function wrongOf(string $url, array $clients): int
{
    $wrong = 0;
    $onFailure = static function () use (&$wrong): void {
        $wrong++;
    };
    $alternatives = array_map(static fn (int $number): string => "a$number", range(0, 19));
    foreach ($clients as $client) {
        $session = new Session($url, $client, timeoutMs: 60000, onFailure: $onFailure);
        // docs/client-spec.md, 9.1: uniform assignment.
        $expected = $alternatives[hexdec(substr(sha1("forks.$client"), 0, 7)) % count($alternatives)];
        $wrong += (int) ($session->participate('forks', $alternatives) !== $expected);
    }
    return $wrong;
}

return static fn (Server $real): array => [
    'gives everybody their own alternative in every process of a fork' => static function () use ($real): void {
        same(0, wrongOf($real->url, ['first']));
        $clients = array_map(static fn (int $number): string => "client-$number", range(1, CLIENTS));
        $parts = array_chunk($clients, intdiv(CLIENTS, PROCESSES));
        $children = [];
        foreach (array_slice($parts, 1) as $part) {
            $child = pcntl_fork();
            if ($child === 0) {
                $wrong = wrongOf($real->url, $part);
                // Without the end of a PHP process, which would stop the servers of the tests.
                pcntl_exec('/bin/sh', ['-c', 'exit ' . min($wrong, 255)]);
            }
            $children[] = $child;
        }
        $wrong = wrongOf($real->url, $parts[0]);
        foreach ($children as $child) {
            pcntl_waitpid($child, $status);
            $wrong += pcntl_wexitstatus($status);
        }
        same(0, $wrong, 'wrong answers');
        same(CLIENTS + 1, $real->json('/experiments/forks')['total_participants']);
    },
];
