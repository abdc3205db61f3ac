<?php

declare(strict_types=1);

namespace Sixpack\Client;

/**
 * One deadline around everything that a call does.
 *
 * @internal
 */
final class Deadline
{
    public readonly float $beganMs;

    public function __construct(private readonly int $totalMs)
    {
        $this->beganMs = self::nowMs();
    }

    public function leftMs(): int
    {
        return (int) ceil($this->beganMs + $this->totalMs - self::nowMs());
    }

    public function message(): string
    {
        return "Expected an answer in $this->totalMs ms";
    }

    /** On a clock that nobody sets. */
    public static function nowMs(): float
    {
        return hrtime(true) / 1e6;
    }
}
