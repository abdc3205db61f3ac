<?php

declare(strict_types=1);

namespace Sixpack\Client;

/**
 * Who the client is: the cookie that every language shares, or a new UUID.
 *
 * @internal
 */
final class ClientId
{
    public const COOKIE = 'sixpack_client_id';
    private const COOKIE_AGE_S = 34_560_000;

    /** UUID version 4. */
    public static function generate(): string
    {
        $bytes = random_bytes(16);
        $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
        $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
        return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
    }

    /** The client id in a Cookie header; null where there is none. */
    public static function fromCookie(string $header): ?string
    {
        if (preg_match('/(?:^|; *)' . self::COOKIE . '=([^;]*)/', $header, $found) !== 1) {
            return null;
        }
        $id = rawurldecode($found[1]);
        if (preg_match('/%(?![0-9A-Fa-f]{2})/', $found[1]) === 1 || preg_match('//u', $id) !== 1) {
            // What can't be decoded is taken as it stands.
            $id = $found[1];
        }
        return Names::isClientId($id) ? $id : null;
    }

    /** Value of a Set-Cookie header. */
    public static function cookieFor(string $id, ?string $domain): string
    {
        $attributes = '; Path=/; Max-Age=' . self::COOKIE_AGE_S . '; SameSite=Lax';
        return self::COOKIE . '=' . rawurlencode($id) . $attributes . ($domain === null ? '' : "; Domain=$domain");
    }
}
