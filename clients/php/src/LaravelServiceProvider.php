<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Support\ServiceProvider;

/**
 * For Laravel: `Session` is injected wherever a type asks for it. `config/services.php` has "sixpack" with "url", and
 * "options" with settings of Session.
 */
final class LaravelServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->bind(Session::class, static function ($app): Session {
            $request = $app->make('request');
            $session = $request->attributes->get(LaravelMiddleware::ATTRIBUTE);
            // Outside of a request, in jobs and commands, there is nobody whose session it could be: a new client.
            return $session instanceof Session
                ? $session
                : LaravelMiddleware::sessionOf($request, $app->make('config'), $app->make('log'));
        });
    }

    public function boot(Kernel $kernel): void
    {
        // Around all others: Laravel encrypts the cookies that are set within.
        $kernel->prependMiddleware(LaravelMiddleware::class);
    }
}
