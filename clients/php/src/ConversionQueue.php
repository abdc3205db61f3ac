<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Countable;
use InvalidArgumentException;

/**
 * A queue for conversions: they wait in memory until the server has them, so that an outage loses none within the process
 * and no visitor waits. Each keeps its id however often it is sent, so the server counts it once.
 *
 * PHP has no threads: the queue sends at the end of the request, under PHP-FPM when the visitor has the page, and in a
 * process that lives on whenever a conversion has waited for some seconds, or flush is called.
 */
final class ConversionQueue implements Countable
{
    /** Most conversions that wait; the oldest goes first. */
    public const CONVERSIONS_MAX = 10_000;
    /** Longest time that a conversion waits: a day. */
    private const AGE_MS_MAX = 86_400_000;
    /** How long a conversion waits before another one sends it on its way. */
    private const SENDING_MS = 5_000;
    /** First pause before the server is tried again; each further one is twice as long. */
    private const RETRY_MS_MIN = 1_000;
    private const RETRY_MS_MAX = 60_000;

    /** @var list<array{Session, Call, float}> with the time since which each waits */
    private array $waiting = [];
    private int $process = 0;
    private float $dueMs = 0;
    private int $pauseMs = self::RETRY_MS_MIN;

    /** @param int $exitTimeoutMs longest time that the end of the process waits for the server */
    public function __construct(private readonly int $exitTimeoutMs = 5_000)
    {
    }

    /**
     * Takes a conversion; the queue sends it. What fails for good is reported to the session's hook.
     *
     * @throws InvalidArgumentException for arguments that break the rules
     */
    public function convert(Session $session, ?string $experiment, ?string $kpi = null, int|float|null $value = null): void
    {
        $call = $session->conversion($experiment, $kpi, $value);
        if ($call === null) {
            return;
        }
        $this->beginAnewInAFork();
        if (count($this->waiting) >= self::CONVERSIONS_MAX) {
            self::drop(array_shift($this->waiting), 'Expected at most ' . self::CONVERSIONS_MAX . ' conversions to wait');
        }
        $nowMs = Deadline::nowMs();
        $this->waiting[] = [$session, $call, $nowMs];
        if ($nowMs - $this->waiting[0][2] > self::SENDING_MS && $nowMs >= $this->dueMs) {
            $this->sendDue(new Deadline(self::SENDING_MS));
        }
    }

    /** Conversions that wait. */
    public function count(): int
    {
        $this->beginAnewInAFork();
        return count($this->waiting);
    }

    /** Sends at once what waits, and returns whether nothing waits any more. Returns after $timeoutMs at the latest. */
    public function flush(int $timeoutMs = 5_000): bool
    {
        $this->beginAnewInAFork();
        $deadline = new Deadline($timeoutMs);
        $this->dueMs = 0;
        while ($this->waiting !== [] && $deadline->leftMs() > 0) {
            $this->sendDue($deadline);
            $restMs = min($deadline->leftMs(), (int) ceil($this->dueMs - Deadline::nowMs()));
            if ($this->waiting !== [] && $restMs > 0) {
                usleep($restMs * 1000);
            }
        }
        return $this->waiting === [];
    }

    /** The same at the end of the process; what is left then is reported. */
    private function close(): void
    {
        if ($this->process !== getmypid() || $this->waiting === []) {
            return;
        }
        if (function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();
        }
        $this->flush($this->exitTimeoutMs);
        foreach ($this->waiting as $left) {
            self::drop($left, 'Expected the server before the process ended');
        }
        $this->waiting = [];
    }

    private function sendDue(Deadline $deadline): void
    {
        while ($this->waiting !== [] && Deadline::nowMs() >= $this->dueMs && $deadline->leftMs() > 0) {
            [$session, $call, $sinceMs] = $this->waiting[0];
            $failure = $session->deliver($call, $deadline->leftMs());
            array_shift($this->waiting);
            $isYoung = Deadline::nowMs() - $sinceMs < self::AGE_MS_MAX;
            if ($failure !== null && self::isTemporary($failure) && $isYoung) {
                // At the end, for others may be luckier.
                $this->waiting[] = [$session, $call, $sinceMs];
                $this->dueMs = Deadline::nowMs() + $this->pauseMs;
                $this->pauseMs = min($this->pauseMs * 2, self::RETRY_MS_MAX);
                continue;
            }
            $this->pauseMs = self::RETRY_MS_MIN;
            if ($failure !== null) {
                $session->report($failure);
            }
        }
    }

    /** What waits was given to the parent, which sends it. */
    private function beginAnewInAFork(): void
    {
        if ($this->process === getmypid()) {
            return;
        }
        if ($this->process === 0) {
            register_shutdown_function($this->close(...));
        }
        $this->process = (int) getmypid();
        $this->waiting = [];
        $this->dueMs = 0;
    }

    private static function isTemporary(Failure $failure): bool
    {
        return !$failure->code->isFinal() || in_array($failure->status, [408, 425, 429], true);
    }

    /** @param array{Session, Call, float} $waiting */
    private static function drop(array $waiting, string $message): void
    {
        [$session, $call] = $waiting;
        $session->report($call->failure(FailureCode::Unreachable, $message));
    }
}
