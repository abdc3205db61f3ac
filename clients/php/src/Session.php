<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Closure;
use InvalidArgumentException;
use LogicException;
use SensitiveParameter;
use Throwable;

/**
 * One client of the tests, and the calls it makes. docs/client-spec.md is the contract.
 *
 * @property-read string $clientId
 */
final class Session
{
    /** First pause before a conversion or a link is tried again, in milliseconds; each further one is twice as long. */
    private const RETRY_PAUSE_MS = 100;
    /** A day. */
    private const TIMEOUT_MS_MAX = 86_400_000;

    private readonly string $baseUrl;
    private readonly Server $server;
    private readonly Visitor $visitor;
    private readonly bool $setsCookie;

    /**
     * @param string $baseUrl of the server, with its mount path if it has one
     * @param string|null $clientId who is randomised; else the one in $cookie, else a new UUID
     * @param string|null $cookie the Cookie header of the request at hand
     * @param string|null $query the query string of the page, for ?sixpack-force-NAME=ALTERNATIVE
     * @param string|null $ipAddress of the visitor; forwarded, like $userAgent
     * @param int $timeoutMs longest time of one call, in milliseconds
     * @param int $retries how often a conversion or a link is tried again
     * @param (Closure(Failure): mixed)|null $onFailure told of everything that went wrong; what it throws is ignored. PHP's error log
     *     without it
     * @param string|null $cookieDomain of the cookie, for sites whose hosts (www., shop.) share their visitors
     * @param 'cookie'|'none'|null $storage none: no cookie is read or set, as before consent; cookie unless $clientId is given
     * @param string|null $apiKey for an open server, one of its api_keys; sent in a header
     * @param array<string, string|null> $segments parts of the visitors that this one belongs to, by dimension: ['plan' => 'pro']
     * @throws InvalidArgumentException for a setting that is none of these
     */
    public function __construct(
        #[SensitiveParameter]
        string $baseUrl,
        ?string $clientId = null,
        ?string $cookie = null,
        ?string $query = null,
        ?string $ipAddress = null,
        ?string $userAgent = null,
        private readonly int $timeoutMs = 500,
        private readonly int $retries = 2,
        private readonly ?Closure $onFailure = null,
        private readonly ?string $cookieDomain = null,
        ?string $storage = null,
        #[SensitiveParameter]
        private readonly ?string $apiKey = null,
        array $segments = [],
    ) {
        Names::checkBaseUrl($baseUrl);
        $isTimeout = $timeoutMs >= 1 && $timeoutMs <= self::TIMEOUT_MS_MAX;
        Names::expect($isTimeout, 'a time-out of 1 ms or more and at most a day', $timeoutMs);
        Names::expect($retries >= 0, '0 or more retries', $retries);
        Names::expect(in_array($storage, [null, 'cookie', 'none'], true), 'the storage cookie or none', $storage);
        $isDomain = $cookieDomain === null || preg_match('/\A[A-Za-z0-9.-]+\z/', $cookieDomain) === 1;
        Names::expect($isDomain, 'a cookie domain like example.com', $cookieDomain);
        Names::checkApiKey($apiKey);
        $this->baseUrl = rtrim($baseUrl, '/');
        $this->server = Server::at($this->baseUrl);
        $kept = $storage === 'none' ? null : ClientId::fromCookie($cookie ?? '');
        $id = $clientId ?? $kept ?? ClientId::generate();
        $this->setsCookie = ($storage ?? ($clientId === null ? 'cookie' : 'none')) === 'cookie' && $kept !== $id;
        $this->visitor = new Visitor($id, $ipAddress, $userAgent, $query ?? '', $segments);
    }

    /** The session of the request that PHP is answering: cookie, query, address of the connection and user agent come from there. */
    public static function fromGlobals(string $baseUrl, mixed ...$options): self
    {
        return self::fromServer($baseUrl, $_SERVER, ...$options);
    }

    /**
     * The same of any request whose variables are named as those of $_SERVER.
     *
     * @param array<mixed> $server
     */
    public static function fromServer(string $baseUrl, array $server, mixed ...$options): self
    {
        return new self($baseUrl, ...$options + [
            'cookie' => $server['HTTP_COOKIE'] ?? null,
            'query' => $server['QUERY_STRING'] ?? null,
            'ipAddress' => $server['REMOTE_ADDR'] ?? null,
            'userAgent' => $server['HTTP_USER_AGENT'] ?? null,
        ]);
    }

    public function __get(string $name): mixed
    {
        if ($name !== 'clientId') {
            throw new LogicException("Expected the property clientId, got $name");
        }
        $this->visitor->isUsed = true;
        return $this->visitor->clientId;
    }

    public function __isset(string $name): bool
    {
        return $name === 'clientId';
    }

    /** Value of a Set-Cookie header that makes a browser keep the client id. */
    public function setCookie(): string
    {
        return ClientId::cookieFor($this->visitor->clientId, $this->cookieDomain);
    }

    /** The same where the response at hand needs it: for a new client, once its session was used. */
    public function cookieToSet(): ?string
    {
        return $this->visitor->isUsed && $this->setsCookie ? $this->setCookie() : null;
    }

    /**
     * The alternative this client gets; the first one, the control, on any failure.
     *
     * @param list<string> $alternatives
     * @param float|null $trafficFraction share of clients that take part, in (0, 1]; null leaves the stored one alone
     * @param list<int|float>|null $weights one per alternative; they count when the experiment is made
     * @param bool $prefetch asks without taking part
     * @param string|null $force the alternative to return, without a request unless $recordForce; ignored when it isn't one
     * @param int|float|null $covariate a number about the client from before the test, such as its orders of the last 90 days,
     *     from -1e12 to 1e12; the server keeps that of the first participation. Null where nothing is known
     * @throws InvalidArgumentException for arguments that break the rules, never for what happens on the network
     */
    public function participate(
        string $experiment,
        array $alternatives,
        ?float $trafficFraction = null,
        ?array $weights = null,
        bool $prefetch = false,
        ?string $force = null,
        bool $recordForce = false,
        int|float|null $covariate = null,
    ): string {
        $question = $this->visitor->question(
            $experiment,
            $alternatives,
            $trafficFraction,
            $weights,
            $prefetch,
            $force,
            $recordForce,
            $covariate,
        );
        return $this->ask($question, new Deadline($this->timeoutMs));
    }

    /**
     * What participate would return for each experiment, in one request and one time-out.
     *
     * @param array<string, list<string>> $experiments
     * @param mixed ...$options those of participate by name, for all of them
     * @return array<string, string>
     * @throws InvalidArgumentException for arguments that break the rules, never for what happens on the network
     */
    public function participateAll(array $experiments, mixed ...$options): array
    {
        $questions = [];
        foreach ($experiments as $name => $alternatives) {
            // PHP makes a number of a name like "2024".
            $questions[$name] = $this->visitor->question((string) $name, $alternatives, ...$options);
        }
        $deadline = new Deadline($this->timeoutMs);
        $asked = array_filter($questions, static fn (Question $question): bool => $question->asks);
        $replies = [];
        foreach (count($asked) > 1 && $this->server->takesBatches ? Batch::of($asked) : [] as $part) {
            [$status, $body] = $this->sendUnlessSilent('/batch', $deadline, Batch::body($part));
            if (Batch::isUnknownTo($status)) {
                $this->server->takesBatches = false;
                break;
            }
            $replies += Batch::replies($status, $body, $part);
        }
        $answers = [];
        foreach ($questions as $name => $question) {
            $answers[$name] = $this->ask($question, $deadline, $replies[$name] ?? null);
        }
        return $answers;
    }

    /**
     * Whether the server has the conversion, after retries. With null as experiment it counts on every one of this client.
     * Where the alternative was forced, and not recorded, nothing is sent.
     *
     * @throws InvalidArgumentException for arguments that break the rules, never for what happens on the network
     */
    public function convert(?string $experiment, ?string $kpi = null, int|float|null $value = null): bool
    {
        $call = $this->conversion($experiment, $kpi, $value);
        return $call !== null && $this->deliverPatiently($call);
    }

    /**
     * After a login: the id of this session and the one that the visitor had before are one person's. Whether the server has
     * it, after retries. Without experiment that holds in every one that knows one of the two.
     *
     * @throws InvalidArgumentException for arguments that break the rules, never for what happens on the network
     */
    public function link(string $previousId, ?string $experiment = null): bool
    {
        return $this->deliverPatiently($this->visitor->linking($previousId, $experiment));
    }

    /**
     * For queues: what a conversion sends, null where the server could only refuse.
     *
     * @internal
     */
    public function conversion(?string $experiment, ?string $kpi, int|float|null $value): ?Call
    {
        return $this->visitor->conversion($experiment, $kpi, $value);
    }

    /**
     * Sends a conversion or a link once, whatever is known of the server: no page waits for it.
     *
     * @internal
     */
    public function deliver(Call $call, int $timeoutMs): ?Failure
    {
        $deadline = new Deadline(min($timeoutMs, $this->timeoutMs));
        $judged = $this->judge($call, $this->send($call->target(), $deadline, $call->body()));
        return $judged instanceof Failure ? $judged : null;
    }

    /**
     * Tells the hook.
     *
     * @internal
     */
    public function report(Failure $failure): void
    {
        try {
            $this->onFailure ? ($this->onFailure)($failure) : $failure->tell($this->baseUrl, error_log(...));
        } catch (Throwable) {
            // A hook that throws must not change what the call returns.
        }
    }

    private function deliverPatiently(Call $call): bool
    {
        $failure = $this->deliver($call, $this->timeoutMs);
        for ($tries = 0; $failure !== null && !$failure->code->isFinal() && $tries < $this->retries; $tries++) {
            usleep(self::RETRY_PAUSE_MS * 1000 * 2 ** $tries);
            $failure = $this->deliver($call, $this->timeoutMs);
        }
        if ($failure !== null) {
            $this->report($failure);
        }
        return $failure === null;
    }

    /** @param array{int|FailureCode, mixed}|null $known the reply, where it came with others */
    private function ask(Question $question, Deadline $deadline, ?array $known = null): string
    {
        if (!$question->asks) {
            return $question->control();
        }
        $reply = $known ?? $this->sendUnlessSilent($question->call->target(), $deadline);
        $answer = $question->answer($this->judge($question->call, $reply));
        if (is_string($answer)) {
            return $answer;
        }
        $this->report($answer);
        return $question->control();
    }

    /**
     * @param array{int|FailureCode, mixed} $reply
     * @return array<mixed>|Failure
     */
    private function judge(Call $call, array $reply): array|Failure
    {
        $judged = $call->judge(...$reply);
        if ($judged instanceof Failure && $judged->code === FailureCode::BadAnswer) {
            Transport::forget();
        }
        return $judged;
    }

    /** @return array{int|FailureCode, mixed} */
    private function sendUnlessSilent(string $target, Deadline $deadline, ?string $body = null): array
    {
        return $this->server->isSilent()
            ? [FailureCode::Unreachable, 'Expected an answer, got none just now, so not asked']
            : $this->send($target, $deadline, $body);
    }

    /** @return array{int|FailureCode, mixed} status and parsed body, or what went wrong and how */
    private function send(string $target, Deadline $deadline, ?string $body = null): array
    {
        [$status, $text] = Transport::send($this->baseUrl . $target, $body, $deadline, $this->apiKey);
        if ($status === FailureCode::Timeout || $status === FailureCode::Unreachable) {
            $this->server->wasSilent($deadline->beganMs);
        } else {
            $this->server->answered();
        }
        return [$status, $status instanceof FailureCode ? $text : json_decode($text, true) ?? $text];
    }
}
