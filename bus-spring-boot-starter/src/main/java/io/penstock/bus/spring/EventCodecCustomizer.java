package io.penstock.bus.spring;

import io.penstock.bus.JacksonEventCodec;

/** A bean that registers types and upcasters with the application's codec, or changes its Jackson settings. */
@FunctionalInterface
public interface EventCodecCustomizer {

    void customize(JacksonEventCodec.Builder codec);
}
