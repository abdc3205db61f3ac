<?php

/**
 * Types what README.md shows of Laravel into an application of Debian's Laravel, and visits it: `php laravel-page.php`.
 * The blocks of the page, in order, are routes, controller, view, and who is logged in.
 */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use Illuminate\Auth\AuthServiceProvider;
use Illuminate\Auth\GenericUser;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Cookie\CookieServiceProvider;
use Illuminate\Encryption\EncryptionServiceProvider;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Filesystem\FilesystemServiceProvider;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\BootProviders;
use Illuminate\Foundation\Exceptions\Handler;
use Illuminate\Foundation\Http\Kernel as LaravelKernel;
use Illuminate\Http\Request;
use Illuminate\Routing\Controller;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Session\SessionServiceProvider;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Facades\Route;
use Illuminate\View\ViewServiceProvider;
use RuntimeException;
use Sixpack\Client\LaravelServiceProvider;
use Sixpack\Client\Session;

require __DIR__ . '/../autoload.php';
require __DIR__ . '/../test/Server.php';
require '/usr/share/php/Illuminate/autoload.php';

function same(mixed $expected, mixed $got): void
{
    if ($expected !== $got) {
        throw new RuntimeException('Expected ' . json_encode($expected) . ', got ' . json_encode($got));
    }
}

/** What the files of an application begin with. */
const USES = 'use ' . Session::class . '; use ' . Auth::class . '; use ' . Route::class . '; use ' . Controller::class . ';';

[, $page] = explode('Laravel finds', (string) file_get_contents(__DIR__ . '/../README.md'));
preg_match_all('/```(?:php|blade)\n(.*?)```/s', $page, $found);
[$routes, $controller, $view, $boot] = $found[1];
$server = new Server('conformance/misbehaving-server.mjs');
$folder = sys_get_temp_dir() . '/sixpack-laravel-' . bin2hex(random_bytes(8));
mkdir("$folder/compiled", 0700, true);
file_put_contents("$folder/shop.blade.php", $view);

$app = new Application($folder);
Facade::setFacadeApplication($app);
$app->instance('config', new Repository([
    'app' => ['key' => str_repeat('k', 32), 'cipher' => 'AES-256-CBC', 'debug' => true],
    'auth' => ['defaults' => ['guard' => 'web'], 'guards' => ['web' => ['driver' => 'address']]],
    'services' => ['sixpack' => ['url' => "$server->url/fine/page", 'options' => ['timeoutMs' => 60_000]]],
    'session' => [
        'driver' => 'array', 'lifetime' => 120, 'lottery' => [0, 1], 'cookie' => 'shop', 'path' => '/', 'domain' => null,
        'expire_on_close' => false,
    ],
    'view' => ['paths' => [$folder], 'compiled' => "$folder/compiled"],
]));
$app->singleton(KernelContract::class, static fn ($app) => new class($app, $app['router']) extends LaravelKernel {
    /** No files to read: the configuration is above. */
    protected $bootstrappers = [BootProviders::class];
});
$app->singleton(ExceptionHandler::class, Handler::class);
$providers = [
    AuthServiceProvider::class, CookieServiceProvider::class, EncryptionServiceProvider::class, FilesystemServiceProvider::class,
    SessionServiceProvider::class, ViewServiceProvider::class, LaravelServiceProvider::class,
];
array_map($app->register(...), $providers);
// The address says who is logged in.
Auth::viaRequest('address', static fn (Request $request): ?GenericUser =>
    $request->query('user') === null ? null : new GenericUser(['id' => $request->query('user')]));

eval(USES . $controller);
Route::middleware(StartSession::class)->group(static fn () => eval(USES . $routes));
(fn () => eval(USES . $boot))->call(new class($app) {
    public function __construct(public readonly Application $app)
    {
    }
});

try {
    $kernel = $app->make(KernelContract::class);
    $alice = ['HTTP_COOKIE' => 'sixpack_client_id=alice'];
    $shown = $kernel->handle(Request::create('http://shop.example/', 'GET', server: $alice));
    same(true, str_contains((string) $shown->getContent(), '<button style="background: blue">Buy</button>'));
    same(302, $kernel->handle(Request::create('http://shop.example/buy', 'POST', server: $alice))->getStatusCode());
    same(200, $kernel->handle(Request::create('http://shop.example/?user=7'))->getStatusCode());
    $asked = $server->json('/requests/page');
    same(['/participate', '/convert', '/participate'], array_column($asked, 'path'));
    [$before, $bought, $known] = array_column($asked, 'arguments');
    same([['alice'], ['alice'], ['user-7']], [$before['client_id'], $bought['client_id'], $known['client_id']]);
    same([['purchase'], ['19.99']], [$bought['kpi'], $bought['value']]);
} finally {
    (new Filesystem())->deleteDirectory($folder);
}
echo "ok laravel-page\n";
