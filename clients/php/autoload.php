<?php

declare(strict_types=1);

/** For applications without Composer: `require "clients/php/autoload.php"`. */
spl_autoload_register(static function (string $class): void {
    $prefix = 'Sixpack\\Client\\';
    if (str_starts_with($class, $prefix)) {
        require __DIR__ . '/src/' . substr($class, strlen($prefix)) . '.php';
    }
});
