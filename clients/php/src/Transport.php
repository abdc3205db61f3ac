<?php

declare(strict_types=1);

namespace Sixpack\Client;

use CurlHandle;

/**
 * One HTTP request within one deadline. The handle is kept for the life of the process, and with it the connection.
 *
 * @internal
 */
final class Transport
{
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

    private static ?CurlHandle $handle = null;

    /** @return array{int, string}|array{FailureCode, string} status and body, or what went wrong and how */
    public static function get(string $url, int $timeoutMs): array
    {
        self::$handle ??= curl_init();
        curl_setopt_array(self::$handle, [
            CURLOPT_URL => $url,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_TIMEOUT_MS => $timeoutMs,
            CURLOPT_CONNECTTIMEOUT_MS => $timeoutMs,
            // Without this a time-out below a second would end at once where names are looked up with signals.
            CURLOPT_NOSIGNAL => true,
        ]);
        $body = curl_exec(self::$handle);
        $error = curl_errno(self::$handle);
        $status = (int) curl_getinfo(self::$handle, CURLINFO_RESPONSE_CODE);
        if (is_string($body) && $error === CURLE_OK) {
            return [$status, $body];
        }
        $code = match (true) {
            $error === CURLE_OPERATION_TIMEDOUT => FailureCode::Timeout,
            in_array($error, self::UNREACHABLE, true), $status === 0 => FailureCode::Unreachable,
            default => FailureCode::BadAnswer,
        };
        return [$code, curl_error(self::$handle)];
    }
}
