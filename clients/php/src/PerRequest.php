<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Closure;

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

    /** @return array<string, mixed> */
    private function optionsOf(object $request): array
    {
        return [...$this->options, ...($this->perRequest ? ($this->perRequest)($request) : [])];
    }
}
