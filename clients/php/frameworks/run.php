<?php

/**
 * The middlewares inside the real frameworks, which Debian keeps under /usr/share/php: `php run.php symfony laravel`, and
 * `php -d extension=psr.so run.php psr15`. Debian has the interfaces of PSR-15 as an extension alone, which Symfony does
 * not bear.
 */

declare(strict_types=1);

namespace Sixpack\Client\Test;

use Closure;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Encryption\EncryptionServiceProvider;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Exceptions\Handler;
use Illuminate\Foundation\Http\Kernel as LaravelKernel;
use Illuminate\Http\Request as LaravelRequest;
use Nyholm\Psr7\Response as PsrResponse;
use Nyholm\Psr7\ServerRequest;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\RequestHandlerInterface;
use Psr\Log\AbstractLogger;
use RuntimeException;
use Sixpack\Client\LaravelServiceProvider;
use Sixpack\Client\Psr15Middleware;
use Sixpack\Client\Session;
use Sixpack\Client\SymfonySubscriber;
use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\HttpKernel;

require __DIR__ . '/../autoload.php';
require __DIR__ . '/../test/Server.php';

const AGENT = 'Mozilla/5.0';

function same(mixed $expected, mixed $got): void
{
    if ($expected !== $got) {
        throw new RuntimeException('Expected ' . json_encode($expected) . ', got ' . json_encode($got));
    }
}

/** Shows the alternative, sets the cookie of a new client once, and leaves other pages alone. */
function check(Server $server, string $token, Closure $get): void
{
    [$body, $cookies] = $get('/', null);
    same('blue', $body);
    same(1, count($cookies));
    foreach (['domain=example.com', 'path=/', 'samesite=lax', 'max-age=34560000'] as $attribute) {
        same(true, str_contains(strtolower($cookies[0]), $attribute));
    }
    same(false, str_contains(strtolower($cookies[0]), 'httponly'));
    $pair = explode(';', $cookies[0])[0];
    same(['blue', []], $get('/', $pair));
    same(['other', []], $get('/other', null));
    [['arguments' => $first], ['arguments' => $second]] = $server->json("/requests/$token");
    same($pair, "sixpack_client_id={$first['client_id'][0]}");
    same($first['client_id'], $second['client_id']);
    same([AGENT], $first['user_agent']);
    same(['203.0.113.7'], $first['ip_address']);
    echo "ok $token\n";
}

$server = new Server('conformance/misbehaving-server.mjs');
$options = ['cookieDomain' => 'example.com', 'timeoutMs' => 60_000];
$variables = static fn (?string $cookie): array =>
    ['REMOTE_ADDR' => '203.0.113.7', 'HTTP_USER_AGENT' => AGENT] + ($cookie === null ? [] : ['HTTP_COOKIE' => $cookie]);

$frameworks = [
    'psr15' => static function () use ($server, $options): void {
        require '/usr/share/php/Nyholm/Psr7/autoload.php';
        $perRequest = static fn (ServerRequestInterface $request): array =>
            $request->getUri()->getPath() === '/nobody' ? ['clientId' => ''] : [];
        $middleware = new Psr15Middleware("$server->url/fine/psr15", $options, $perRequest);
        $pages = new class implements RequestHandlerInterface {
            public function handle(ServerRequestInterface $request): ResponseInterface
            {
                $home = $request->getUri()->getPath() === '/';
                $body = $home ? $request->getAttribute('sixpack')->participate('button', ['red', 'blue']) : 'other';
                return new PsrResponse(200, [], $body);
            }
        };
        $get = static function (string $path, ?string $cookie) use ($middleware, $pages): array {
            $headers = ['User-Agent' => AGENT] + ($cookie === null ? [] : ['Cookie' => $cookie]);
            $request = new ServerRequest('GET', $path, $headers, null, '1.1', ['REMOTE_ADDR' => '203.0.113.7']);
            $response = $middleware->process($request, $pages);
            return [(string) $response->getBody(), $response->getHeader('Set-Cookie')];
        };
        check($server, 'psr15', $get);
        // A setting of a request that breaks the rules costs no page.
        same(['other', []], $get('/nobody', null));
        // A server that fails costs the page nothing either, and PHP's log says so.
        $logged = tempnam(sys_get_temp_dir(), 'sixpack');
        ini_set('error_log', $logged);
        $failing = new Psr15Middleware("$server->url/error-500/psr15", $options);
        same('red', (string) $failing->process(new ServerRequest('GET', '/'), $pages)->getBody());
        same(1, preg_match('/ sixpack: participate of button at .+: server-error, .+\n$/', (string) file_get_contents($logged)));
        unlink($logged);
    },
    'symfony' => static function () use ($server, $options, $variables): void {
        require '/usr/share/php/Symfony/Component/HttpKernel/autoload.php';
        $events = new EventDispatcher();
        $events->addSubscriber(new SymfonySubscriber("$server->url/fine/symfony", $options));
        $kernel = new HttpKernel($events, new \Symfony\Component\HttpKernel\Controller\ControllerResolver());
        check($server, 'symfony', static function (string $path, ?string $cookie) use ($kernel, $variables): array {
            $request = Request::create($path, 'GET', [], [], [], $variables($cookie));
            $request->attributes->set('_controller', $path === '/'
                ? static fn (Session $sixpack): Response => new Response($sixpack->participate('button', ['red', 'blue']))
                : static fn (): Response => new Response('other'));
            $response = $kernel->handle($request);
            return [$response->getContent(), array_map(strval(...), $response->headers->getCookies())];
        });
    },
    'laravel' => static function () use ($server, $options, $variables): void {
        require '/usr/share/php/Illuminate/autoload.php';
        $app = new Application(sys_get_temp_dir());
        $app->instance('config', new Repository([
            'app' => ['key' => str_repeat('k', 32), 'cipher' => 'AES-256-CBC', 'debug' => true],
            'services' => ['sixpack' => ['url' => "$server->url/fine/laravel", 'options' => $options]],
        ]));
        $app->singleton(KernelContract::class, static fn ($app) => new class($app, $app['router']) extends LaravelKernel {
            /** No files to read: the configuration is above. */
            protected $bootstrappers = [\Illuminate\Foundation\Bootstrap\BootProviders::class];
        });
        $app->singleton(ExceptionHandler::class, Handler::class);
        $app->register(EncryptionServiceProvider::class);
        $app->register(LaravelServiceProvider::class);
        $encrypted = [EncryptCookies::class];
        $home = static fn (Session $sixpack): string => $sixpack->participate('button', ['red', 'blue']);
        $app['router']->get('/', $home)->middleware($encrypted);
        $app['router']->get('/other', static fn (): string => 'other')->middleware($encrypted);
        $kernel = $app->make(KernelContract::class);
        check($server, 'laravel', static function (string $path, ?string $cookie) use ($kernel, $variables): array {
            $request = LaravelRequest::create($path, 'GET', [], [], [], $variables($cookie));
            $response = $kernel->handle($request);
            return [$response->getContent(), array_map(strval(...), $response->headers->getCookies())];
        });
        $app['config']->set('services.sixpack.url', "$server->url/error-500/laravel");
        $log = new class extends AbstractLogger {
            public array $lines = [];

            public function log($level, $message, array $context = []): void
            {
                $this->lines[] = "$level: $message";
            }
        };
        $app->instance('log', $log);
        same('red', $kernel->handle(LaravelRequest::create('/'))->getContent());
        same(["warning: sixpack: participate of button at $server->url/error-500/laravel: server-error, internal error"], $log->lines);
        echo 'Laravel ', Application::VERSION, ', Symfony ', \Symfony\Component\HttpKernel\Kernel::VERSION, "\n";
    },
];
foreach (array_slice($argv, 1) as $name) {
    $frameworks[$name]();
}
