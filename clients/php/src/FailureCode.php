<?php

declare(strict_types=1);

namespace Sixpack\Client;

/** What can go wrong with a call. */
enum FailureCode: string
{
    /** No complete answer within the time-out. */
    case Timeout = 'timeout';
    /** No connection, or it ended before an answer began. */
    case Unreachable = 'unreachable';
    /** Status 3xx; redirects are not followed. */
    case Redirect = 'redirect';
    /** Status 4xx: the server understood and refused. */
    case Rejected = 'rejected';
    /** Status 5xx. */
    case ServerError = 'server-error';
    /** Status 2xx, but not a complete JSON answer to the call. */
    case BadAnswer = 'bad-answer';

    /** Whether sending the same again can't help. */
    public function isFinal(): bool
    {
        return $this === self::Rejected || $this === self::Redirect;
    }
}
