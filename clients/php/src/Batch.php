<?php

declare(strict_types=1);

namespace Sixpack\Client;

/**
 * Several participations in one request.
 *
 * @internal
 */
final class Batch
{
    private const CALLS_MAX = 100;
    /** The server takes bodies of 64 KiB. */
    private const BYTES_MAX = 60_000;

    /**
     * As many to a request as the server takes.
     *
     * @param array<Question> $questions
     * @return list<array<Question>> with the keys they had
     */
    public static function of(array $questions): array
    {
        $batches = [];
        $bytes = self::BYTES_MAX;
        foreach ($questions as $key => $question) {
            $length = strlen(self::body([$question]));
            $last = count($batches) - 1;
            if ($bytes + $length > self::BYTES_MAX || count($batches[$last]) === self::CALLS_MAX) {
                $batches[++$last] = [];
                $bytes = 0;
            }
            $batches[$last][$key] = $question;
            $bytes += $length;
        }
        return $batches;
    }

    /** @param array<Question> $questions */
    public static function body(array $questions): string
    {
        $calls = array_map(
            static fn (Question $question): array => [$question->call->name => $question->call->given()],
            array_values($questions),
        );
        return json_encode(['calls' => $calls], JSON_THROW_ON_ERROR);
    }

    /** Whether the server knows none. Other refusals, a 429 among them, are those of the calls. */
    public static function isUnknownTo(int|FailureCode $status): bool
    {
        return in_array($status, [404, 405, 415], true);
    }

    /**
     * The reply to each call, by its key. A batch that failed as a whole is that failure for each.
     *
     * @param array<Question> $questions
     * @return array<array{int|FailureCode, mixed}>
     */
    public static function replies(int|FailureCode $status, mixed $body, array $questions): array
    {
        $keys = array_keys($questions);
        if (!is_int($status) || $status >= 300 || !is_array($body) || ($body['status'] ?? null) !== 'ok') {
            return array_fill_keys($keys, [$status, $body]);
        }
        $replies = [];
        foreach ($keys as $index => $key) {
            $answer = $body['answers'][$index] ?? null;
            $single = is_array($answer) ? $answer['http_status'] ?? null : null;
            $replies[$key] = is_int($single) ? [$single, $answer] : [$status, null];
        }
        return $replies;
    }
}
