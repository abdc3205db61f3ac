<?php

declare(strict_types=1);

namespace Sixpack\Client;

use CurlHandle;
use CurlMultiHandle;

/**
 * One HTTP request within one deadline. Connections are kept for the life of the process, and belong to it alone.
 *
 * curl waits for its resolver's thread wherever its own time-out ends a call, for ten seconds with a silent resolver. So
 * this class lets it work in the background, and leaves it there when the time is up.
 *
 * @internal
 */
final class Transport
{
    /** Of one answer: a page has a limit of memory. That to the largest batch has a tenth of it. */
    private const ANSWER_BYTES_MAX = 1_048_576;
    /** The connection or its beginning failed: there was nobody to answer. */
    private const UNREACHABLE = [
        CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_RESOLVE_PROXY,
        CURLE_COULDNT_CONNECT,
        CURLE_SSL_CONNECT_ERROR,
        CURLE_SSL_PEER_CERTIFICATE,
        CURLE_GOT_NOTHING,
        CURLE_SEND_ERROR,
    ];

    private static ?CurlMultiHandle $connections = null;
    private static int $process = 0;
    /** @var list<CurlMultiHandle> of the process that this one was forked from: closing them would end its connections */
    private static array $inherited = [];
    /** @var list<array{CurlMultiHandle, CurlHandle}> that wait for a name nobody waits for any more */
    private static array $lookups = [];

    /**
     * A GET, or with a body a POST of JSON.
     *
     * @return array{int, string}|array{FailureCode, string} status and body, or what went wrong and how. In place of half a
     *     body stands what became of the rest
     */
    public static function send(string $url, ?string $body, Deadline $deadline, ?string $apiKey = null): array
    {
        if ($deadline->leftMs() <= 0) {
            return [FailureCode::Timeout, $deadline->message()];
        }
        self::dropEndedLookups();
        $connections = self::connections();
        $handle = curl_init();
        curl_setopt_array($handle, self::options($url, $body, $deadline, $apiKey));
        $text = '';
        curl_setopt($handle, CURLOPT_WRITEFUNCTION, static function (CurlHandle $_, string $piece) use (&$text): int {
            $text .= $piece;
            // Less than all of it ends the call.
            return strlen($text) <= self::ANSWER_BYTES_MAX ? strlen($piece) : 0;
        });
        curl_multi_add_handle($connections, $handle);
        $error = self::run($connections, $handle, $deadline);
        if ($error === null && self::isLookingUp($handle)) {
            self::leave($connections, $handle);
            return [FailureCode::Timeout, $deadline->message()];
        }
        $status = (int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
        $message = curl_error($handle) ?: curl_strerror($error ?? CURLE_OPERATION_TIMEDOUT);
        curl_multi_remove_handle($connections, $handle);
        return match (true) {
            $error === CURLE_OK => [$status, $text],
            $error === null, $error === CURLE_OPERATION_TIMEDOUT => [FailureCode::Timeout, $deadline->message()],
            strlen($text) > self::ANSWER_BYTES_MAX => [$status, 'Expected at most ' . self::ANSWER_BYTES_MAX . ' bytes, got more'],
            in_array($error, self::UNREACHABLE, true), $status === 0 => [FailureCode::Unreachable, (string) $message],
            default => [$status < 200 ? FailureCode::BadAnswer : $status, (string) $message],
        };
    }

    /** Closes what is kept: a connection that gave somebody else's answer is out of step. */
    public static function forget(): void
    {
        self::$connections = null;
    }

    /** @return array<int, mixed> */
    private static function options(string $url, ?string $body, Deadline $deadline, ?string $apiKey): array
    {
        $leftMs = $deadline->leftMs();
        $headers = ['Accept: application/json', ...$apiKey === null ? [] : ["Authorization: Bearer $apiKey"]];
        $options = [
            CURLOPT_URL => $url,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
            // No client takes a proxy from the environment.
            CURLOPT_PROXY => '',
            // Beyond our own, which comes first. Curl gives each address of a name a part of it.
            CURLOPT_CONNECTTIMEOUT_MS => $leftMs + 100,
            CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS => min(200, intdiv($leftMs, 4) + 1),
            CURLOPT_NOSIGNAL => true,
            CURLOPT_HTTPHEADER => $headers,
        ];
        if ($body !== null) {
            $options[CURLOPT_POSTFIELDS] = $body;
            $options[CURLOPT_HTTPHEADER] = [...$headers, 'Content-Type: application/json', 'Expect:'];
        }
        return $options;
    }

    /** Curl's error number, null when the time is up. */
    private static function run(CurlMultiHandle $connections, CurlHandle $handle, Deadline $deadline): ?int
    {
        while (true) {
            curl_multi_exec($connections, $running);
            while (($ended = curl_multi_info_read($connections)) !== false) {
                if ($ended['handle'] === $handle) {
                    return $ended['result'];
                }
            }
            $leftMs = $deadline->leftMs();
            if ($leftMs <= 0) {
                return null;
            }
            if (curl_multi_select($connections, $leftMs / 1000) === -1) {
                usleep(1000);
            }
        }
    }

    private static function isLookingUp(CurlHandle $handle): bool
    {
        return curl_getinfo($handle, CURLINFO_NAMELOOKUP_TIME_T) === 0;
    }

    /** The next call begins with new connections. A page that PHP-FPM serves is complete before the thread is waited for. */
    private static function leave(CurlMultiHandle $connections, CurlHandle $handle): void
    {
        if (self::$lookups === [] && function_exists('fastcgi_finish_request')) {
            register_shutdown_function('fastcgi_finish_request');
        }
        self::$lookups[] = [$connections, $handle];
        self::$connections = null;
    }

    private static function dropEndedLookups(): void
    {
        foreach (self::$lookups as $index => [$connections]) {
            curl_multi_exec($connections, $running);
            if ($running === 0) {
                unset(self::$lookups[$index]);
            }
        }
    }

    private static function connections(): CurlMultiHandle
    {
        $process = (int) getmypid();
        if (self::$process !== $process) {
            if (self::$connections !== null) {
                self::$inherited[] = self::$connections;
            }
            // Their threads did not come along.
            array_push(self::$inherited, ...array_column(self::$lookups, 0));
            self::$lookups = [];
            self::$connections = null;
            self::$process = $process;
        }
        return self::$connections ??= curl_multi_init();
    }
}
