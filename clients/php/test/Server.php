<?php

declare(strict_types=1);

namespace Sixpack\Client\Test;

use RuntimeException;

const CONFORMANCE = __DIR__ . '/../../../conformance';

/** A server of the conformance cases: a program that prints its port and ends when its stdin closes. */
final class Server
{
    public readonly string $url;
    public readonly int $port;
    /** @var array<int, resource> held, so that our end of its stdin stays open */
    private array $pipes = [];
    /** @var resource|false held too: PHP ends a process that nothing refers to */
    private mixed $process;

    public function __construct(string ...$arguments)
    {
        $this->process = proc_open(['node', ...$arguments], [['pipe', 'r'], ['pipe', 'w'], STDERR], $this->pipes, CONFORMANCE . '/..');
        $port = $this->process === false ? false : fgets($this->pipes[1]);
        if ($port === false) {
            throw new RuntimeException('Expected a server to print its port, got nothing');
        }
        $this->port = (int) $port;
        $this->url = "http://127.0.0.1:$this->port";
    }

    public function stop(): void
    {
        array_map(fclose(...), $this->pipes);
        proc_close($this->process);
    }

    /** @return array<mixed> */
    public function json(string $path): array
    {
        return json_decode((string) file_get_contents($this->url . $path), true);
    }
}
