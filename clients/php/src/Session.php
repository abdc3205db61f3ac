<?php

declare(strict_types=1);

namespace Sixpack\Client;

use Closure;
use InvalidArgumentException;
use Throwable;

/** One client of the tests, and the calls it makes. docs/client-spec.md is the contract. */
final class Session
{
    /** First pause before a conversion is tried again, in milliseconds; each further one is twice as long. */
    private const RETRY_PAUSE_MS = 100;

    public readonly string $clientId;
    private readonly string $baseUrl;
    /** @var array<string, string> */
    private readonly array $visitor;

    /**
     * @param string $baseUrl of the server, with its mount path if it has one
     * @param string|null $clientId who is randomised; else the one in $cookie, else a new UUID
     * @param string $cookie the Cookie header of the request at hand
     * @param string $query the query string of the page, for ?sixpack-force-NAME=ALTERNATIVE
     * @param string|null $ipAddress of the visitor; forwarded, like $userAgent
     * @param int $timeoutMs longest time of one call, in milliseconds
     * @param int $retries how often a conversion is tried again
     * @param (Closure(Failure): mixed)|null $onFailure told of everything that went wrong; what it throws is ignored
     * @throws InvalidArgumentException when $baseUrl is no http URL or $clientId no client id
     */
    public function __construct(
        string $baseUrl,
        ?string $clientId = null,
        string $cookie = '',
        private readonly string $query = '',
        ?string $ipAddress = null,
        ?string $userAgent = null,
        private readonly int $timeoutMs = 500,
        private readonly int $retries = 2,
        private readonly ?Closure $onFailure = null,
    ) {
        if (preg_match('~\Ahttps?://[^/?#\s][^?#\s]*\z~', $baseUrl) !== 1) {
            throw new InvalidArgumentException("Expected an http(s) base URL without query, got \"$baseUrl\"");
        }
        $this->baseUrl = rtrim($baseUrl, '/');
        $this->clientId = $clientId ?? ClientId::fromCookie($cookie) ?? ClientId::generate();
        if (!Names::isClientId($this->clientId)) {
            throw new InvalidArgumentException("Expected a client id of 1 to 1024 characters, got \"$this->clientId\"");
        }
        $known = ['client_id' => $this->clientId, 'ip_address' => $ipAddress, 'user_agent' => $userAgent];
        $this->visitor = array_filter($known, static fn (?string $text): bool => $text !== null && $text !== '');
    }

    /** The session of the request that PHP is answering: cookie, query, address of the connection and user agent come from there. */
    public static function fromGlobals(string $baseUrl, mixed ...$options): self
    {
        return new self($baseUrl, ...$options + [
            'cookie' => $_SERVER['HTTP_COOKIE'] ?? '',
            'query' => $_SERVER['QUERY_STRING'] ?? '',
            'ipAddress' => $_SERVER['REMOTE_ADDR'] ?? null,
            'userAgent' => $_SERVER['HTTP_USER_AGENT'] ?? null,
        ]);
    }

    /** Value of a Set-Cookie header that makes a browser keep the client id. */
    public function setCookie(): string
    {
        return ClientId::cookieFor($this->clientId);
    }

    /**
     * The alternative this client gets; the first one, the control, on any failure.
     *
     * @param list<string> $alternatives
     * @param float|null $trafficFraction share of clients that take part, in (0, 1]; null leaves the stored one alone
     * @param list<int|float>|null $weights one per alternative; they count when the experiment is made
     * @param bool $prefetch asks without taking part
     * @param string|null $force the alternative to return, without a request unless $recordForce; ignored when it isn't one
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
    ): string {
        Names::checkExperiment($experiment);
        Names::checkAlternatives($alternatives);
        Names::checkTrafficFraction($trafficFraction);
        Names::checkWeights($weights, count($alternatives));
        $wished = $force ?? $this->forcedByQuery($experiment);
        $forced = in_array($wished, $alternatives, true) ? $wished : null;
        if ($forced !== null && !$recordForce) {
            return $forced;
        }
        $answer = $this->call('participate', $experiment, [
            'experiment' => $experiment,
            'alternatives' => $alternatives,
            ...$this->visitor,
            'traffic_fraction' => $trafficFraction,
            'weights' => $weights,
            'prefetch' => $prefetch ? 'true' : null,
            'force' => $forced,
            'record_force' => $forced === null ? null : 'true',
        ]);
        if (is_array($answer)) {
            $name = $answer['alternative']['name'] ?? null;
            if (in_array($name, $alternatives, true)) {
                return $forced ?? $name;
            }
            $expected = 'Expected one of ' . implode(', ', $alternatives);
            $answer = new Failure(FailureCode::BadAnswer, 'participate', $experiment, $expected, 200);
        }
        $this->report($answer);
        return $forced ?? $alternatives[0];
    }

    /**
     * Whether the server has the conversion, after retries. With null as experiment it counts on every one of this client.
     *
     * @throws InvalidArgumentException for arguments that break the rules, never for what happens on the network
     */
    public function convert(?string $experiment, ?string $kpi = null, int|float|null $value = null): bool
    {
        if ($experiment !== null) {
            Names::checkExperiment($experiment);
        }
        if ($kpi !== null) {
            Names::checkName('a KPI', $kpi);
        }
        Names::checkValue($value);
        $arguments = ['experiment' => $experiment, ...$this->visitor, 'kpi' => $kpi, 'value' => $value, 'id' => ClientId::generate()];
        for ($tries = 0; ; $tries++) {
            $answer = $this->call('convert', $experiment, $arguments);
            if (is_array($answer)) {
                return true;
            }
            if ($answer->code->isFinal() || $tries >= $this->retries) {
                $this->report($answer);
                return false;
            }
            usleep(self::RETRY_PAUSE_MS * 2 ** $tries * 1000);
        }
    }

    private function forcedByQuery(string $experiment): ?string
    {
        // Not $_GET, nor parse_str: PHP changes some names there.
        foreach (explode('&', ltrim($this->query, '?')) as $pair) {
            [$name, $value] = explode('=', $pair, 2) + [1 => ''];
            if (urldecode($name) === "sixpack-force-$experiment") {
                return urldecode($value);
            }
        }
        return null;
    }

    /**
     * @param array<string, string|int|float|list<string|int|float>|null> $arguments
     * @return array<mixed>|Failure the parsed answer, or what went wrong
     */
    private function call(string $call, ?string $experiment, array $arguments): array|Failure
    {
        $pairs = [];
        foreach ($arguments as $name => $value) {
            foreach ((array) $value as $item) {
                $pairs[] = $name . '=' . rawurlencode(is_string($item) ? $item : (string) json_encode($item));
            }
        }
        [$status, $text] = Transport::get("$this->baseUrl/$call?" . implode('&', $pairs), $this->timeoutMs);
        if ($status instanceof FailureCode) {
            return new Failure($status, $call, $experiment, $text);
        }
        $body = json_decode($text, true);
        $fields = is_array($body) ? $body : [];
        $code = match (intdiv($status, 100)) {
            2 => FailureCode::BadAnswer,
            3 => FailureCode::Redirect,
            4 => FailureCode::Rejected,
            default => FailureCode::ServerError,
        };
        if ($code === FailureCode::BadAnswer && ($fields['status'] ?? null) === 'ok') {
            return $fields;
        }
        $message = $fields['message'] ?? "Expected an answer, got status $status: " . substr($text, 0, 80);
        return new Failure($code, $call, $experiment, is_string($message) ? $message : (string) json_encode($message), $status);
    }

    private function report(Failure $failure): void
    {
        try {
            ($this->onFailure)?->__invoke($failure);
        } catch (Throwable) {
            // A hook that throws must not change what the call returns.
        }
    }
}
