# RSpec cuts the middle out of long values: what differs there would not be seen.
RSpec::Support::ObjectFormatter.default_instance.max_formatted_output_length = nil
