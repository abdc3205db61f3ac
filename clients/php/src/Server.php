<?php

declare(strict_types=1);

namespace Sixpack\Client;

/**
 * What this process knows of a server: that it was silent just now, and that it takes no batches.
 *
 * @internal
 */
final class Server
{
    /** How long nobody waits for a server that was silent: a page with five experiments waits once. */
    private const SILENCE_MS = 2_000;

    /** @var array<string, self> by base URL, of which a program has few */
    private static array $known = [];

    public bool $takesBatches = true;
    private float $answeredMs = 0;
    private float $silentUntilMs = 0;

    public static function at(string $baseUrl): self
    {
        return self::$known[$baseUrl] ??= new self();
    }

    public function isSilent(): bool
    {
        return Deadline::nowMs() < $this->silentUntilMs;
    }

    public function answered(): void
    {
        $this->answeredMs = Deadline::nowMs();
        $this->silentUntilMs = 0;
    }

    /** A call that began then got no answer. Where others did meanwhile, it was a slow one among them. */
    public function wasSilent(float $sinceMs): void
    {
        if ($this->answeredMs <= $sinceMs) {
            $this->silentUntilMs = Deadline::nowMs() + self::SILENCE_MS;
        }
    }
}
