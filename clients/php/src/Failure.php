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

    private const TELL_PAUSE_S = 60;

    /** @var array<string, float> when a log last heard of each kind */
    private static array $told = [];

    /**
     * Gives the line to a log, unless the process has told of a failure of its kind, a call and a code at a base URL, in the
     * last minute: a log hears of an outage, not of each of its calls.
     *
     * @param callable(string): mixed $log
     * @internal
     */
    public function tell(string $baseUrl, callable $log): void
    {
        $kind = "$baseUrl $this->call {$this->code->value}";
        $now = hrtime(true) / 1e9;
        if ($now - (self::$told[$kind] ?? -INF) < self::TELL_PAUSE_S) {
            return;
        }
        self::$told[$kind] = $now;
        $log($this->warning($baseUrl));
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
