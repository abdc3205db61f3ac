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

    /** A line for a log. What a server of another kind says has to be asked of its address. */
    public function warning(string $baseUrl): string
    {
        $what = "$this->call of " . ($this->experiment ?? 'every experiment');
        $isElsewhere = $this->status === 404 || !in_array($this->code, [FailureCode::Rejected, FailureCode::ServerError], true);
        $advice = $isElsewhere ? ". Does Sixpack's API answer there?" : '';
        return "sixpack: $what at $baseUrl: {$this->code->value}, $this->message$advice";
    }
}
