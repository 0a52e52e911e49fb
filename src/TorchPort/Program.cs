using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using TorchPort;
using TorchSharp;

var device = new Option<string>("--device")
{
    Description = "auto, cpu, cuda or cuda:N; auto takes CUDA when the build carries it and a GPU answers",
    HelpName = "D",
    DefaultValueFactory = _ => "auto",
    CustomParser = given => DeviceChoice.IsDevice(Text(given))
        ? Text(given)
        : Reject<string>(given, "auto, cpu, cuda or cuda:N"),
};
var cell = new Option<int?>("--cell")
{
    Description = "run only In [2] or only In [3] [default: both, in order]",
    HelpName = "2|3",
    CustomParser = given => Text(given) switch { "2" => 2, "3" => 3, _ => Reject<int?>(given, "2 or 3") },
};
var epochs = new Option<int?>("--epochs")
{
    Description = $"the notebook's nb_epochs, from 0 to {int.MaxValue - 1} [default: 10]",
    HelpName = "N",
    CustomParser = given => TryInteger(Text(given), out var value) && value < int.MaxValue
        ? value
        : Reject<int?>(given, $"a whole number from 0 to {int.MaxValue - 1}"),
};
var lr = new Option<double?>("--lr")
{
    Description = "the learning rate of the cells that run, finite and not negative [default: 0.1 in In [2], 0.15 in In [3]]",
    HelpName = "X",
    CustomParser = given => TryDouble(Text(given), out var value) && value >= 0 && double.IsFinite(value)
        ? value
        : Reject<double?>(given, "a finite number that is not negative"),
};
var exact = new Option<bool>("--exact")
{
    Description = "print every float with up to nine significant digits, which tell any two float32 apart",
    Arity = ArgumentArity.Zero,
};
var version = new Option<bool>("--version")
{
    Description = "show the versions of TorchPort, TorchSharp and libtorch, and this build's backend",
    Arity = ArgumentArity.Zero,
};

const string Purpose = "Gradient descent for H(x) = Wx, as gradient-descent.ipynb does it: by hand, then with optim.SGD.";
var command = new Command("TorchPort", Purpose)
{
    device, cell, epochs, lr, exact, version, new HelpOption(),
};
command.SetAction(Run);

var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction)
{
    Stderr.SayWhatIsWrong(parsed);
    return 2;
}

try
{
    using var stdout = Stdout.Open();
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = stdout });
}
catch (IOException e) when (Stdout.IsClosed(e))
{
    return 0;
}
catch (UnauthorizedAccessException)
{
    return Fail(1, "cannot write to standard output: it is closed.");
}
catch (IOException e)
{
    return Fail(1, $"cannot write to standard output: {e.Message}");
}
catch (DllNotFoundException e)
{
    return Fail(1, Backend.WhyNotLoaded(e));
}
catch (NotSupportedException e)
{
    return Fail(1, e.Message);
}
catch (ExternalException e)
{
    return Fail(1, $"libtorch: {e.Message.Split('\n')[0]}");
}

int Run(ParseResult options)
{
    var stdout = options.InvocationConfiguration.Output;
    if (options.GetValue(version))
    {
        var torchSharp = $"TorchSharp {VersionOf<torch.Tensor>()}, libtorch {Backend.LibTorchVersion}";
        stdout.WriteLine($"TorchPort {VersionOf<Notebook>()}, {torchSharp}, backend {Backend.Name}");
        return 0;
    }

    Backend.Load();
    torch.set_default_device(DeviceChoice.Choose(options.GetValue(device)!));
    Stderr.Say($"Running on {torch.get_default_device()}");

    var format = new PythonFormat(options.GetValue(exact));
    var notebook = new Notebook(line => stdout.WriteLine(line.ToString(format)), options.GetValue(epochs), options.GetValue(lr));
    using var scope = torch.NewDisposeScope();
    notebook.In1_DummyData();
    if (options.GetValue(cell) is null or 2)
    {
        notebook.In2_FullCode();
    }

    if (options.GetValue(cell) is null or 3)
    {
        notebook.In3_FullCodeWithTorchOptim();
    }

    return 0;
}

static int Fail(int code, string message)
{
    Stderr.Say($"TorchPort: {message}");
    return code;
}

static string Text(ArgumentResult given) => given.Tokens[0].Value;

static bool TryInteger(string text, out int value) =>
    int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

static bool TryDouble(string text, out double value) =>
    double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

static T? Reject<T>(ArgumentResult given, string takes)
{
    given.AddError($"{((OptionResult)given.Parent!).Option.Name} takes {takes}, not '{Text(given)}'.");
    return default;
}

static string VersionOf<T>() => typeof(T).Assembly.GetName().Version!.ToString(3);
