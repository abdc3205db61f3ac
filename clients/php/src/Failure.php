<?php

declare(strict_types=1);

namespace Sixpack\Client;

/** A call that did not succeed; what the hook is given. */
final class Failure
{
    /**
     * @param 'participate'|'convert'|'link' $call
     * @param string|null $experiment null for a conversion or a link in every experiment
     * @param string $message for people: what was expected and what came, or the server's own words
     * @param int|null $status HTTP status, where there was an answer
     */
    public function __construct(
        public readonly FailureCode $code,
        public readonly string $call,
        public readonly ?string $experiment,
        public readonly string $message,
        public readonly ?int $status = null,
    ) {
    }

    /** A line for a log. */
    public function __toString(): string
    {
        return "$this->call of " . ($this->experiment ?? 'every experiment') . ": {$this->code->value}, $this->message";
    }
}
