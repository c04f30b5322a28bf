<?php
header('Content-Type: text/plain');
if ($_SERVER['REQUEST_URI'] === '/healthz') {
    exit("ok\n");
}
$source = sprintf('mysql:host=%s;port=%s;dbname=%s', getenv('DATABASE_HOST'), getenv('DATABASE_PORT'), getenv('DATABASE_NAME'));
$database = new PDO($source, getenv('DATABASE_USER'), getenv('DATABASE_PASSWORD'));
$database->exec('CREATE TABLE IF NOT EXISTS visits (number INT AUTO_INCREMENT PRIMARY KEY)');
$database->exec('INSERT INTO visits VALUES ()');
echo 'Hello from PHP, visit ', $database->lastInsertId(), "\n";
