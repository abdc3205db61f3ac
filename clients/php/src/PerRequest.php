<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Closure;
use InvalidArgumentException;

/**
 * What the middlewares have in common: the settings of all sessions, and those that depend on the request.
 *
 * @internal
 */
trait PerRequest
{
    /**
     * @param array<string, mixed> $options settings of Session, by name
     * @param Closure|null $perRequest is given the request and answers settings that depend on it: who is logged in, what was
     *     consented to, the real address
     */
    public function __construct(
        private readonly string $baseUrl,
        private readonly array $options = [],
        private readonly ?Closure $perRequest = null,
    ) {
        // A mistake in the settings shows at the start.
        new Session($baseUrl, ...$options);
    }

    /**
     * Settings of a request that break the rules cost neither its page, nor a consent: no cookie is set.
     *
     * @param Closure(array<string, mixed>): Session $make
     */
    private function sessionFor(object $request, Closure $make): Session
    {
        $asked = $this->perRequest ? ($this->perRequest)($request) : [];
        try {
            return $make([...$this->options, ...$asked]);
        } catch (InvalidArgumentException $mistake) {
            error_log("sixpack: the settings of a request are not valid, so it has none of its own: {$mistake->getMessage()}");
            return $make([...$this->options, 'clientId' => $make($this->options)->clientId, 'storage' => 'none']);
        }
    }
}
