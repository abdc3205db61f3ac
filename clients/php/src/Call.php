<?php

declare(strict_types=1);

namespace Sixpack\Client;

/**
 * A call of one client: what is sent, and whether an answer is one to it.
 *
 * @internal
 */
final class Call
{
    /**
     * @param 'participate'|'convert'|'link' $name
     * @param array<string, mixed> $arguments those that are null are not sent
     */
    public function __construct(public readonly string $name, public readonly array $arguments)
    {
    }

    public function experiment(): ?string
    {
        return $this->arguments['experiment'] ?? null;
    }

    /** @return array<string, mixed> */
    public function given(): array
    {
        return array_filter($this->arguments, static fn (mixed $value): bool => $value !== null);
    }

    /** What a POST of this call alone sends; null for a GET. */
    public function body(): ?string
    {
        return $this->isPost() ? json_encode($this->given(), JSON_THROW_ON_ERROR) : null;
    }

    public function target(): string
    {
        if ($this->isPost()) {
            return "/$this->name";
        }
        $pairs = [];
        foreach ($this->given() as $name => $value) {
            foreach ((array) $value as $item) {
                $pairs[] = $name . '=' . rawurlencode(is_string($item) ? $item : (string) json_encode($item));
            }
        }
        return "/$this->name?" . implode('&', $pairs);
    }

    /**
     * The fields of a good answer, or what is wrong with it.
     *
     * @param int|FailureCode $status
     * @param mixed $body parsed, or the message to a code
     * @return array<mixed>|Failure
     */
    public function judge(int|FailureCode $status, mixed $body): array|Failure
    {
        if ($status instanceof FailureCode) {
            return $this->failure($status, is_string($body) ? $body : '');
        }
        $fields = is_array($body) ? $body : [];
        $code = match (intdiv($status, 100)) {
            2 => FailureCode::BadAnswer,
            3 => FailureCode::Redirect,
            4 => FailureCode::Rejected,
            default => FailureCode::ServerError,
        };
        if ($code === FailureCode::BadAnswer && ($fields['status'] ?? null) === 'ok') {
            $stranger = $this->strangerIn($fields);
            return $stranger === null ? $fields : $this->failure($code, $stranger, $status);
        }
        $message = $fields['message'] ?? "Expected an answer, got status $status: " . substr((string) json_encode($body), 0, 80);
        return $this->failure($code, is_string($message) ? $message : (string) json_encode($message), $status);
    }

    public function failure(FailureCode $code, string $message, ?int $status = null): Failure
    {
        return new Failure($code, $this->name, $this->experiment(), $message, $status);
    }

    private function isPost(): bool
    {
        return $this->name === 'link';
    }

    /**
     * Why the answer is somebody else's. A robot's conversion is answered without names.
     *
     * @param array<mixed> $fields
     */
    private function strangerIn(array $fields): ?string
    {
        $experiment = $fields['experiment'] ?? null;
        $named = [
            'client_id' => $fields['client_id'] ?? null,
            'experiment' => is_array($experiment) ? $experiment['name'] ?? null : null,
        ];
        foreach ($named as $name => $got) {
            $asked = $this->arguments[$name] ?? null;
            if ($asked !== null && $got !== null && $got !== $asked) {
                return "Expected the answer of $name " . json_encode($asked) . ', got that of ' . json_encode($got);
            }
        }
        return null;
    }
}
