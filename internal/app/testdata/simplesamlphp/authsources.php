<?php
// Who is known to the identity provider of the test.
$config = [
    'admin' => ['core:AdminPassword'],
    'people' => [
        'exampleauth:UserPass',
        'pat:verysecure' => [
            'uid' => ['pat'],
            'mail' => ['pat@titan.test'],
            'displayName' => ['Pat Miller'],
            'groups' => ['Crews', 'Office'],
        ],
    ],
];
