<?php

declare(strict_types=1);

namespace Sixpack\Client;

use InvalidArgumentException;
use SensitiveParameter;

/**
 * The rules that arguments must keep before anything is sent. Breaking one is a mistake in the program.
 *
 * @internal
 */
final class Names
{
    private const NAME = '/\A[A-Za-z0-9][A-Za-z0-9_-]{0,254}\z/';
    /** The server's rule: any text it can keep unchanged, but for the two that browsers take for a step in a path. */
    private const EXPERIMENT = '/\A(?!\.{1,2}\z)[^\x00-\x1F\x7F-\x{9F}]{1,255}\z/u';
    private const ALTERNATIVES_MAX = 100;
    private const VALUE_MAX = 1e12;
    /** In characters: the server takes URLs of 16 KiB. */
    private const ORNAMENT_LENGTH_MAX = 512;
    /** In UTF-16 code units, as the server counts. */
    private const CLIENT_ID_LENGTH_MAX = 1024;

    public static function checkBaseUrl(#[SensitiveParameter] string $url): void
    {
        // What stands before an @ may be a password.
        $shown = preg_replace('/.*@/s', '@', $url);
        $isBase = preg_match('~\Ahttps?://[^/?#@\s][^?#@\s]*\z~i', $url) === 1;
        // False where the port is above the last one.
        $parts = parse_url($url);
        self::expect($isBase && $parts && ($parts['port'] ?? 80) > 0, 'an http(s) base URL without user or query', $shown);
    }

    public static function checkName(string $what, string $name): void
    {
        self::expect(preg_match(self::NAME, $name) === 1, "$what of 1 to 255 letters, digits, - or _", $name);
    }

    public static function checkExperiment(string $name): void
    {
        $expected = 'an experiment of 1 to 255 characters without control characters, not . or ..';
        self::expect(preg_match(self::EXPERIMENT, $name) === 1, $expected, $name);
    }

    /** @param list<string> $names */
    public static function checkAlternatives(array $names): void
    {
        $isFitting = count($names) >= 2 && count($names) <= self::ALTERNATIVES_MAX;
        self::expect($isFitting && array_is_list($names), '2 to 100 alternatives', $names);
        foreach ($names as $name) {
            self::checkName('an alternative', $name);
        }
        self::expect(count(array_unique($names, SORT_STRING)) === count($names), 'different alternatives', $names);
    }

    public static function checkTrafficFraction(?float $fraction): void
    {
        self::expect($fraction === null || ($fraction > 0 && $fraction <= 1), 'a traffic fraction in (0, 1]', $fraction);
    }

    /** @param list<int|float>|null $weights */
    public static function checkWeights(?array $weights, int $alternatives): void
    {
        $isFitting = $weights === null || count($weights) === $alternatives;
        foreach ($weights ?? [] as $weight) {
            $isFitting = $isFitting && is_finite($weight) && $weight >= 0;
        }
        self::expect($isFitting, 'a weight per alternative, none negative', $weights);
    }

    public static function checkNumber(string $what, int|float|null $value): void
    {
        self::expect($value === null || abs($value) <= self::VALUE_MAX, "$what from -1e12 to 1e12", $value);
    }

    public static function checkApiKey(#[SensitiveParameter] ?string $key): void
    {
        // It is not repeated: messages go to logs.
        self::expect($key === null || preg_match('/\A[!-~]+\z/', $key) === 1, 'an API key of letters, digits and signs', 'another text');
    }

    public static function checkClientId(string $text): void
    {
        self::expect(self::isClientId($text), 'a client id of 1 to 1024 characters', $text);
    }

    public static function isClientId(string $text): bool
    {
        if ($text === '' || str_contains($text, "\0") || preg_match('//u', $text) !== 1) {
            return false;
        }
        // Characters beyond U+FFFF are two code units; they are the ones of four bytes.
        $units = preg_match_all('/[\x00-\x7F\xC0-\xFF]/', $text) + preg_match_all('/[\xF0-\xF7]/', $text);
        return $units <= self::CLIENT_ID_LENGTH_MAX;
    }

    /** A user agent or an address as it can be sent: what visitors send is bytes, and must not cost a call. */
    public static function ornament(?string $text): string
    {
        $valid = json_decode((string) json_encode((string) $text, JSON_INVALID_UTF8_SUBSTITUTE));
        preg_match('/\A.{0,' . self::ORNAMENT_LENGTH_MAX . '}/us', str_replace("\0", '', $valid), $kept);
        return $kept[0];
    }

    public static function expect(bool $held, string $expected, mixed $got): void
    {
        if (!$held) {
            throw new InvalidArgumentException("Expected $expected, got " . self::shown($got));
        }
    }

    private static function shown(mixed $got): string
    {
        return match (true) {
            // JSON has neither INF nor NAN.
            is_float($got) => var_export($got, true),
            is_array($got) => '[' . implode(',', array_map(self::shown(...), $got)) . ']',
            default => (string) json_encode($got, JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_UNESCAPED_UNICODE),
        };
    }
}
