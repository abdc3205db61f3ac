<?php

/** Replays conformance/clients.json; conformance/README.md says how. */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use InvalidArgumentException;
use Sixpack\Client\Failure;
use Sixpack\Client\Session;

/** A port on which nothing listens. */
const NOBODY = 'http://127.0.0.1:9';

/**
 * @param array<string, mixed> $settings
 * @return array<string, mixed> the same in the language's spelling
 */
function camelCased(array $settings): array
{
    $camel = static fn (string $name): string => lcfirst(str_replace('_', '', ucwords($name, '_')));
    return array_combine(array_map($camel, array_keys($settings)), $settings);
}

/** @param array<string, mixed> $step */
function call(Session $session, array $step): string|bool|array
{
    $options = camelCased($step['options'] ?? []);
    return match ($step['call']) {
        'participate' => $session->participate($step['experiment'], $step['alternatives'], ...$options),
        'participate_all' => $session->participateAll($step['experiments'], ...$options),
        'link' => $session->link($step['previous_id'], $step['experiment'] ?? null),
        'convert' => $session->convert($step['experiment'], $step['kpi'] ?? null, $step['value'] ?? null),
    };
}

/**
 * @param array<string, mixed> $step
 * @param list<Failure> $failures
 */
function check(Session $session, array $step, array &$failures): void
{
    $expected = $step['expect'];
    $started = hrtime(true);
    $returned = call($session, $step);
    $elapsedMs = (hrtime(true) - $started) / 1e6;
    if (isset($expected['returns'])) {
        same($expected['returns'], $returned, 'the answer');
    }
    if (isset($expected['failures'])) {
        same($expected['failures'], array_map(static fn (Failure $failure): string => $failure->code->value, $failures), 'failures');
    }
    foreach ($failures as $failure) {
        same(isset($step['experiments']) ? 'participate' : $step['call'], $failure->call, 'the call that failed');
        $experiments = isset($step['experiments']) ? array_keys($step['experiments']) : [$step['experiment'] ?? null];
        holds(in_array($failure->experiment, $experiments, true), 'an experiment of the call');
    }
    holds($elapsedMs >= ($expected['after_ms'] ?? 0), "an answer after {$step['call']}'s time, got $elapsedMs ms");
}

/**
 * @param list<array<string, mixed>> $expected
 * @param list<array<string, mixed>> $seen
 */
function checkRequests(array $expected, array $seen): void
{
    same(array_column($expected, 'path'), array_column($seen, 'path'), 'requests');
    foreach ($expected as $index => ['arguments' => $arguments]) {
        $got = $seen[$index]['arguments'];
        // As objects, in which the order of the fields is nothing.
        holds(($expected[$index]['body'] ?? null) == ($seen[$index]['body'] ?? null), 'the body');
        same($expected[$index]['authorization'] ?? null, $seen[$index]['authorization'] ?? null, 'the key');
        ksort($arguments);
        ksort($got);
        same(array_keys($arguments), array_keys($got), 'arguments');
        foreach ($arguments as $name => $value) {
            if (isset($value['matches'])) {
                holds(preg_match("/{$value['matches']}/", $got[$name][0]) === 1, "$name to match, got {$got[$name][0]}");
            } else {
                same((array) $value, $got[$name], $name);
            }
        }
    }
}

/** @param array<string, mixed> $case */
function replay(array $case, string $token, Server $misbehaving, Server $real): void
{
    $failures = [];
    $url = match ($case['server']) {
        'real' => $real->url,
        'nobody' => NOBODY,
        default => "$misbehaving->url/{$case['server']}/$token",
    };
    $onFailure = static function (Failure $failure) use (&$failures): void {
        $failures[] = $failure;
    };
    $session = new Session($url, ...camelCased($case['session']), onFailure: $onFailure);
    foreach ($case['steps'] as $step) {
        $failures = [];
        if ($step['call'] === 'wait') {
            usleep($step['ms'] * 1000);
        } elseif (isset($step['expect']['throws'])) {
            throws(InvalidArgumentException::class, static fn () => call($session, $step));
        } else {
            check($session, $step, $failures);
        }
    }
    if (isset($case['requests'])) {
        $seen = $misbehaving->json("/requests/$token");
        $wanted = $case['requests'];
        if ($case['any_order'] ?? false) {
            $key = static fn (array $request): array => [$request['path'], ...(array) ($request['arguments']['experiment'] ?? [])];
            foreach ([&$seen, &$wanted] as &$list) {
                usort($list, static fn (array $a, array $b): int => $key($a) <=> $key($b));
            }
            unset($list);
        }
        checkRequests($wanted, $seen);
        $converts = static fn (array $step): bool => $step['call'] === 'convert' && !isset($step['expect']['throws']);
        $ids = array_filter(array_map(static fn (array $request): ?string => $request['arguments']['id'][0] ?? null, $seen));
        same(count(array_filter($case['steps'], $converts)), count(array_unique($ids)), 'different ids');
    }
    if (isset($case['details'])) {
        $details = $real->json('/experiments/' . rawurlencode($case['details']['experiment']));
        unset($case['details']['experiment']);
        foreach ($case['details'] as $field => $value) {
            same($value, $details[$field], $field);
        }
    }
}

return static function (Server $misbehaving, Server $real): array {
    ['cases' => $cases, 'base_urls' => $urls] = json_decode((string) file_get_contents(CONFORMANCE . '/clients.json'), true);
    $tests = [
        'takes base URLs' => static function () use ($urls): void {
            foreach ($urls['taken'] as $url) {
                new Session($url);
            }
        },
        'refuses what is no base URL, and shows no password' => static function () use ($urls): void {
            foreach ($urls['refused'] as $url) {
                $message = throws(InvalidArgumentException::class, static fn () => new Session($url));
                holds(!str_contains($message, 'secret'), "no password, got $message");
            }
        },
    ];
    foreach ($cases as $index => $case) {
        $tests[$case['name']] = static fn () => replay($case, "php-$index", $misbehaving, $real);
    }
    return $tests;
};
