<?php

declare(strict_types=1);

namespace Sixpack\Client;

/**
 * A participation: what is asked, and what an answer to it shows.
 *
 * @internal
 */
final class Question
{
    /**
     * @param list<string> $alternatives
     * @param string|null $forced the alternative to show whatever the answer is
     * @param bool $asks whether a request is needed
     */
    public function __construct(
        public readonly Call $call,
        public readonly array $alternatives,
        public readonly ?string $forced,
        public readonly bool $asks,
    ) {
    }

    public function control(): string
    {
        return $this->forced ?? $this->alternatives[0];
    }

    /**
     * @param array<mixed>|Failure $judged
     * @return string|Failure the alternative to show, or why it is the control
     */
    public function answer(array|Failure $judged): string|Failure
    {
        if ($judged instanceof Failure) {
            return $judged;
        }
        $alternative = $judged['alternative'] ?? null;
        $name = is_array($alternative) ? $alternative['name'] ?? null : null;
        if (in_array($name, $this->alternatives, true)) {
            return $this->forced ?? $name;
        }
        $expected = 'Expected one of ' . implode(', ', $this->alternatives) . ', got ' . json_encode($name);
        return $this->call->failure(FailureCode::BadAnswer, $expected, 200);
    }
}
