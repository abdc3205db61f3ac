<?php

/** What clients/test/tls.test.ts asks of every language: a page at each of the addresses given, a code for a failure. */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use Sixpack\Client\Failure;
use Sixpack\Client\Session;

require __DIR__ . '/../autoload.php';

$found = [];
foreach (array_slice($argv, 1) as $url) {
    $codes = [];
    $onFailure = static function (Failure $failure) use (&$codes): void {
        $codes[] = $failure->code->value;
    };
    $session = new Session($url, timeoutMs: 60_000, onFailure: $onFailure);
    $shown = [$session->participate('tls', ['red', 'blue']), $session->participate('tls', ['red', 'blue'])];
    $found[] = [...$shown, ...$codes];
}
echo json_encode($found), "\n";
