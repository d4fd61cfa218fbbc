"""Optional components: what runs beside a cluster if somebody installs it; none of it is there by default."""
