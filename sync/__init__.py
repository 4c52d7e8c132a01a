"""What a committee decides: rules as pure functions, handlers over the Store port."""
