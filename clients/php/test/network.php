<?php

/**
 * What clients/test/network.test.ts asks of every language: a page of five experiments where the network is silent.
 *
 * Prints, for each name, what was shown, the codes of failures, and the milliseconds that the page took.
 */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use Sixpack\Client\Failure;
use Sixpack\Client\Session;

require __DIR__ . '/../autoload.php';

$found = [];
foreach (['alive' => 3_000, 'dead' => 500, 'unknown' => 500] as $name => $timeoutMs) {
    $codes = [];
    $onFailure = static function (Failure $failure) use (&$codes): void {
        $codes[] = $failure->code->value;
    };
    $started = hrtime(true);
    $session = new Session("http://$name.example:$argv[1]/fine/php", timeoutMs: $timeoutMs, onFailure: $onFailure);
    $shown = [];
    for ($number = 0; $number < 5; $number++) {
        $shown[] = $session->participate("page-$number", ['red', 'blue']);
    }
    $found[$name] = ['shown' => $shown, 'codes' => $codes, 'ms' => (int) round((hrtime(true) - $started) / 1e6)];
}
echo json_encode($found), "\n";
