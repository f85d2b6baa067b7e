package io.penstock.examples.shop;

import org.springframework.data.repository.reactive.ReactiveCrudRepository;

interface Invoices extends ReactiveCrudRepository<Invoice, Long> {}
