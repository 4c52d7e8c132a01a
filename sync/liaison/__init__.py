"""What two committees tell each other: notices of one member or of none, bulletins, matters, consultations."""
